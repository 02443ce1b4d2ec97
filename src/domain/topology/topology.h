#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "core/placement/slot_table.h"

// Who is in the cluster and who keeps what.
namespace tritontube::topology {

// Grows with every change of the topology; 0 is before the first.
using Epoch = std::uint64_t;

// What a change that is asked for means for a member, until the change is over.
enum class Standing : std::uint8_t { kMember, kJoining, kLeaving };

struct Member {
  NodeId id;
  std::string address;  // host:port, as it was given to `nw` or `admin add`.
  std::string zone = {};
  std::uint64_t weight = 1;  // Bytes its disk had when it was added.
  Standing standing = Standing::kMember;
  // Its folder has missed something (an old copy of it came back): it stores and
  // serves, but what it does not have may exist.
  bool incomplete = false;

  bool operator==(const Member&) const = default;
};

// Blobs that were copied from node to node.
struct Moved {
  std::uint64_t files = 0;
  ByteCount bytes = 0;

  void Add(const Moved& more) {
    files += more.files;
    bytes += more.bytes;
  }
  bool operator==(const Moved&) const = default;
};

enum class Phase : std::uint8_t {
  kWriteBoth,  // Puts need enough of the old and of the new nodes of a slot; the new ones pull.
  kUseNew,     // The new nodes have everything; there is no way back.
};

// Slots on their way from one table to another; no slot moves more than one copy.
struct Plan {
  Epoch began = 0;  // Its name: no other plan has begun at that epoch.
  Phase phase = Phase::kWriteBoth;
  // In kWriteBoth where the slots go, in kUseNew where they were.
  placement::Replication replication;
  placement::SlotTable table;

  bool operator==(const Plan&) const = default;
};

// What was asked for, until every plan that it takes is over. The members' standings
// say what it is.
struct Change {
  Epoch asked = 0;  // Its name.
  Moved moved;      // By its plans so far.
  // What only those who leave have may be lost: they will not answer any more.
  bool accepts_loss = false;
  bool by_itself = false;  // No operator has asked: see Request.

  bool operator==(const Change&) const = default;
};

// How a change that is over has ended.
struct PastChange {
  Epoch asked = 0;
  bool aborted = false;
  Moved moved;
  std::string reason = {};  // Of an abort, for a person.

  bool operator==(const PastChange&) const = default;
};

inline constexpr std::size_t kPastChangesMax = 8;

// A member that went because it was silent for too long, and not because anybody wanted it to:
// when it is back, it is taken in again. Stays when it is, so that one that goes again and again
// is known.
struct GivenUp {
  NodeId id;
  std::string address;     // It had then.
  std::uint8_t times = 1;  // That it went, since an operator last had to do with it.

  bool operator==(const GivenUp&) const = default;
};

inline constexpr std::size_t kGivenUpMax = 64;

struct Topology {
  ClusterId cluster;
  Epoch epoch = 0;
  placement::Replication replication;
  std::vector<Member> members;
  placement::SlotTable table;  // Indices into `members`.
  std::optional<Plan> plan = {};
  std::optional<Change> change = {};
  // The newest ones, the newest first: who waits for a change sees its end though the next one
  // that waited is quick.
  std::vector<PastChange> past = {};
  std::vector<GivenUp> given_up = {};  // Who went last is the last; members among them.

  const Member* Find(const NodeId& id) const;
  // The end of the change that was asked for at that epoch.
  const PastChange* FindPast(Epoch asked) const;
  const GivenUp* FindGivenUp(const NodeId& id) const;
  bool operator==(const Topology&) const = default;
};

// The first topology of a cluster, epoch 1. kInvalidArgument without a member, or when an id or
// an address stands twice.
Result<Topology> Found(ClusterId cluster, std::vector<Member> members);

// The stored form (docs/formats.md), format 4. Read too are format 1, from before there were
// changes, format 2, which knows the end of one, and format 3, in which nobody was given up. Decode
// believes nothing: kCorrupt when the checksum, an index or a count is wrong, kFailedPrecondition
// for a newer format.
std::string Encode(const Topology& topology);
Result<Topology> Decode(std::string_view bytes);

}  // namespace tritontube::topology
