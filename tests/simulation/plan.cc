#include "simulation/plan.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/random.h"

namespace tritontube::simulation {

std::string ToString(Tooth tooth) {
  switch (tooth) {
    case Tooth::kNone:
      return "none";
    case Tooth::kAckBeforeSync:
      return "ack-before-sync";
    case Tooth::kOneAck:
      return "one-ack";
    case Tooth::kNotFoundForCorrupt:
      return "not-found-for-corrupt";
    case Tooth::kUploadIdAgain:
      return "upload-id-again";
    case Tooth::kSkippedFence:
      return "skipped-fence";
    case Tooth::kUnfencedRepair:
      return "unfenced-repair";
    case Tooth::kNoDrain:
      return "no-drain";
    case Tooth::kOneSource:
      return "one-source";
    case Tooth::kSwitchBeforeReady:
      return "switch-before-ready";
    case Tooth::kReadyOfAnother:
      return "ready-of-another";
    case Tooth::kDeleteBeforeConfirm:
      return "delete-before-confirm";
    case Tooth::kOldCopyCounts:
      return "old-copy-counts";
    case Tooth::kWipedCounts:
      return "wiped-counts";
    case Tooth::kRetriedSync:
      return "retried-sync";
    case Tooth::kIgnoredDigest:
      return "ignored-digest";
    case Tooth::kStaleCollector:
      return "stale-collector";
    case Tooth::kNoWindow:
      return "no-window";
    case Tooth::kLeaseLoss:
      return "lease-loss";
  }
  return "";
}

std::string ToString(Damage damage) {
  switch (damage) {
    case Damage::kNone:
      return "no damage";
    case Damage::kRot:
      return "rot";
    case Damage::kOldCopies:
      return "old copies";
    case Damage::kLoss:
      return "loss";
    case Damage::kWipe:
      return "wiped disks";
  }
  return "";
}

std::string ToString(Step step) {
  switch (step) {
    case Step::kJoin:
      return "join";
    case Step::kScan:
      return "scan";
    case Step::kFetch:
      return "fetch";
    case Step::kConfirm:
      return "confirm";
    case Step::kGive:
      return "give";
    case Step::kEtcdGet:
      return "etcd get";
    case Step::kEtcdRange:
      return "etcd range";
    case Step::kEtcdCommit:
      return "etcd commit";
    case Step::kTopology:
      return "topology";
  }
  return "";
}

namespace {

// From one blob or two at a time to as many as there are.
constexpr ByteCount kWindows[] = {4096, 16384, ByteCount{32} << 20U};

// Without which a fault cannot show itself.
std::optional<Damage> DamageFor(Tooth tooth) {
  switch (tooth) {
    case Tooth::kNotFoundForCorrupt:
    case Tooth::kIgnoredDigest:
      return Damage::kRot;
    case Tooth::kWipedCounts:
      return Damage::kWipe;
    case Tooth::kUnfencedRepair:
    case Tooth::kOldCopyCounts:
      return Damage::kOldCopies;
    case Tooth::kDeleteBeforeConfirm:
      return Damage::kLoss;
    default:
      return std::nullopt;
  }
}

}  // namespace

Plan PlanOf(std::uint64_t seed, Tooth tooth) {
  SeededRandom random(seed);
  const auto up_to = [&](std::uint64_t count) { return random.Next() % count; };
  Plan plan{.seed = seed, .tooth = tooth};
  plan.nodes = 1 + up_to(5);
  plan.spares = 1 + up_to(3);
  plan.damage = static_cast<Damage>(up_to(5));
  plan.damage = DamageFor(tooth).value_or(plan.damage);
  plan.rots_everywhere = up_to(3) == 0;
  plan.gives_up = up_to(2) == 0;
  plan.window = kWindows[seed % std::size(kWindows)];
  const std::size_t changes = up_to(8);
  for (std::size_t i = 0; i < changes; ++i)
    plan.sizes.push_back(1 + up_to(plan.nodes + plan.spares));
  if (plan.nodes == 1 && up_to(2) == 0) {
    plan.spares = 4;
    plan.sizes = {2, 3, 5, 3};
  }
  plan.between_changes = std::chrono::milliseconds(500 + up_to(6000));
  plan.abort_chance = static_cast<double>(up_to(3)) / 10;
  plan.uploaders = 1 + up_to(3);
  plan.readers = 1 + up_to(2);
  // A third of the networks loses nothing, so that what else goes wrong is seen alone.
  plan.message_loss = static_cast<double>(up_to(3) * up_to(30)) / 1000;
  plan.duplicate = static_cast<double>(up_to(3) * up_to(50)) / 1000;
  plan.delay_max = std::chrono::milliseconds(1 + up_to(up_to(2) == 0 ? 10 : 300));
  plan.between_faults = std::chrono::milliseconds(200 + up_to(4000));
  // This one when a disk is gone while the others are late: such moments have to be many.
  if (tooth == Tooth::kUnfencedRepair) {
    plan.uploaders = 3;
    plan.between_faults /= 3;
  }
  plan.behind_chance = static_cast<double>(up_to(3)) * 0.15;
  plan.delete_chance = static_cast<double>(up_to(3)) / 10;
  plan.hang_up_chance = static_cast<double>(up_to(3)) / 10;
  plan.resumable_chance = static_cast<double>(up_to(3)) / 4;
  const bool unfenced = tooth == Tooth::kUnfencedRepair || tooth == Tooth::kSkippedFence;
  const bool late = up_to(2) == 0 && tooth != Tooth::kStaleCollector;
  plan.collects_late = late || unfenced;
  // Waiting for room makes such moments rare.
  if (unfenced) plan.window = kWindows[2];
  // This one when a slot moves while a gateway is late, which has to go on with what it began.
  if (tooth == Tooth::kSkippedFence) {
    plan.uploaders = 3;
    plan.behind_chance = 0.3;
    plan.gives_up = false;
    plan.hang_up_chance = 0;
    plan.damage = Damage::kNone;
    plan.delete_chance = 0;
  }
  return plan;
}

Plan PlanOfAbsences(std::uint64_t seed) {
  Plan plan = PlanOf(seed);
  plan.nodes = 4 + (seed % 3);
  plan.spares = 0;
  plan.sizes.clear();
  plan.gives_up = true;
  plan.goes_away = true;
  plan.between_faults = std::chrono::seconds(8);
  plan.duration = std::chrono::seconds(90);
  return plan;
}

Plan PlanOfOneChange(const Accident& accident) {
  // Another world for each point, in which somebody else may lead.
  return {.seed = 1 + (accident.nth % 7),
          .nodes = 3,
          .spares = 1,
          .uploaders = 1,
          .readers = 1,
          .delay_max = std::chrono::milliseconds(20),
          .duration = std::chrono::seconds(1),
          .accident = accident};
}

std::string ToString(const Plan& plan) {
  return fmt::format(
      "seed {}: fault {}, {} nodes and {} more, sizes {}, {}{}{}{}, windows of {} bytes, {} "
      "uploaders, {} readers, loss {}, "
      "duplicates {}, delay up to {}, a fault every {}, deletions {}, {} of the uploads are given "
      "up "
      "and {} are resumable, {}",
      plan.seed, ToString(plan.tooth), plan.nodes, plan.spares, plan.sizes, ToString(plan.damage),
      plan.rots_everywhere ? ", rot everywhere" : "", plan.gives_up ? ", nodes give up nodes" : "",
      plan.goes_away ? ", nodes go away for long" : "", plan.window, plan.uploaders, plan.readers,
      plan.message_loss, plan.duplicate, plan.delay_max, plan.between_faults, plan.delete_chance,
      plan.hang_up_chance, plan.resumable_chance, plan.duration);
}

}  // namespace tritontube::simulation
