#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace tritontube::simulation {

// Of one blob.
inline constexpr std::size_t kBlobBytesMax = 3000;

// What a tester that is worth anything must find: switched on by tests only, and only in what the
// simulator is made of.
enum class Tooth : std::uint8_t {
  kNone,
  kAckBeforeSync,        // A disk says that bytes are durable when they are written.
  kOneAck,               // A put is acknowledged when one copy is durable.
  kNotFoundForCorrupt,   // A node denies what it cannot read.
  kUploadIdAgain,        // A second attempt stores under the id of the first.
  kSkippedFence,         // Who gives slots for a plan does not record the plan's epoch.
  kUnfencedRepair,       // Who gives slots for a repair does not record its epoch.
  kNoDrain,              // A node records an epoch while puts of an older one are under way.
  kOneSource,            // A slot is pulled from one source only.
  kSwitchBeforeReady,    // Who coordinates believes that every destination is ready.
  kReadyOfAnother,       // That a node is ready counts for later plans, and later lives of it.
  kDeleteBeforeConfirm,  // What has moved away is removed without asking who has it.
  kOldCopyCounts,        // A node whose old disk has come back counts as complete.
  kWipedCounts,          // A node that begins with an empty disk counts as complete.
  kRetriedSync,          // A disk says that bytes are durable when a second sync goes well.
  kIgnoredDigest,        // A disk gives what does not match its checksum.
  kStaleCollector,       // What the collector has read is the proof.
  kNoWindow,             // A node fetches as much at once as it likes.
  kLeaseLoss,            // Who has lost the lead takes steps.
};
// That have to be found: all but kLeaseLoss (README.md).
inline constexpr Tooth kTeeth[] = {Tooth::kAckBeforeSync,
                                   Tooth::kOneAck,
                                   Tooth::kNotFoundForCorrupt,
                                   Tooth::kUploadIdAgain,
                                   Tooth::kSkippedFence,
                                   Tooth::kUnfencedRepair,
                                   Tooth::kNoDrain,
                                   Tooth::kOneSource,
                                   Tooth::kSwitchBeforeReady,
                                   Tooth::kReadyOfAnother,
                                   Tooth::kDeleteBeforeConfirm,
                                   Tooth::kOldCopyCounts,
                                   Tooth::kWipedCounts,
                                   Tooth::kRetriedSync,
                                   Tooth::kIgnoredDigest,
                                   Tooth::kStaleCollector,
                                   Tooth::kNoWindow};
std::string ToString(Tooth tooth);

// What one disk loses, one at a time, so that what is acknowledged survives by its other copies.
// Rot may come to several disks and beside the others, as long as everything is whole somewhere.
enum class Damage : std::uint8_t {
  kNone,
  kRot,        // Bits turn.
  kOldCopies,  // A machine comes back with an old copy of its disk.
  kLoss,       // A machine is gone for good.
  kWipe,       // A node finds that its store is gone or cannot be opened, and begins anew.
};
std::string ToString(Damage damage);

// What somebody does for a change of the topology: the points at which accidents happen.
enum class Step : std::uint8_t {
  kJoin,
  kScan,  // A node asks another one what it has.
  kFetch,
  kConfirm,  // A node asks whether what has moved is where it should be...
  kGive,     // ...and gives what is not.
  kEtcdGet,
  kEtcdRange,
  kEtcdCommit,
  kTopology,  // A topology was written, and its writer does not know yet.
};
std::string ToString(Step step);

enum class Victim : std::uint8_t { kSource, kDestination, kLeader };

struct Accident {
  Victim victim = Victim::kSource;
  bool pause = false;  // Instead of a death.
  Step step = Step::kScan;
  std::size_t nth = 0;  // Of these steps; 0 is none.
};

// Everything that is decided before the first step, all of it by the seed.
struct Plan {
  std::uint64_t seed = 0;
  Tooth tooth = Tooth::kNone;
  bool told = false;                    // Every event is printed.
  std::size_t nodes = 3;                // That found the cluster.
  std::size_t spares = 0;               // Machines that may be taken in later.
  std::vector<std::size_t> sizes = {};  // That the cluster is to get, one after the other.
  std::chrono::milliseconds between_changes{0};
  double abort_chance = 0;
  Damage damage = Damage::kNone;
  bool rots_everywhere = false;  // On any disk, beside other damage.
  bool gives_up = false;         // The nodes give up who is silent for long, and nobody has to.
  bool goes_away = false;        // One node after another, for about as long as that takes.
  ByteCount window = ByteCount{32} << 20U;  // That a process may have in flight of one kind.
  std::size_t uploaders = 2;
  std::size_t readers = 2;
  double message_loss = 0;
  double duplicate = 0;
  std::chrono::milliseconds delay_max{0};
  std::chrono::milliseconds between_faults{0};
  double behind_chance = 0;  // That a fault leaves some behind the others' epoch.
  double delete_chance = 0;
  double hang_up_chance = 0;  // That who uploads goes away in the middle.
  // Each look of a collector tells every node the epoch that its gateway knows, as a fence would.
  bool collects_late = false;   // When the faults are over.
  double resumable_chance = 0;  // That an upload outlives its connection, until it expires.
  std::chrono::seconds duration{40};
  std::optional<Accident> accident = {};

  bool Rots() const { return damage == Damage::kRot || rots_everywhere; }
};

Plan PlanOf(std::uint64_t seed, Tooth tooth = Tooth::kNone);
// Nobody asks for anything, and the nodes give each other up and take each other in again.
Plan PlanOfAbsences(std::uint64_t seed);
// Three nodes get a fourth, and nothing goes wrong but the accident.
Plan PlanOfOneChange(const Accident& accident);
std::string ToString(const Plan& plan);

}  // namespace tritontube::simulation
