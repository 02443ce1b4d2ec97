#include "simulation/plan.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

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
  }
  return "";
}

Plan PlanOf(std::uint64_t seed, Tooth tooth) {
  SeededRandom random(seed);
  const auto up_to = [&](std::uint64_t count) { return random.Next() % count; };
  Plan plan{.seed = seed, .tooth = tooth};
  plan.nodes = 3 + up_to(3);
  plan.uploaders = 1 + up_to(3);
  plan.readers = 1 + up_to(2);
  // A third of the networks loses nothing, so that what else goes wrong is seen alone.
  plan.message_loss = static_cast<double>(up_to(3) * up_to(30)) / 1000;
  plan.duplicate = static_cast<double>(up_to(3) * up_to(50)) / 1000;
  plan.delay_max = std::chrono::milliseconds(1 + up_to(up_to(2) == 0 ? 10 : 300));
  plan.between_faults = std::chrono::milliseconds(200 + up_to(4000));
  plan.delete_chance = static_cast<double>(up_to(3)) / 10;
  return plan;
}

std::string ToString(const Plan& plan) {
  return fmt::format(
      "seed {}: fault {}, {} nodes, {} uploaders, {} readers, loss {}, duplicates {}, delay up to "
      "{}, a fault every {}, deletions {}, {}",
      plan.seed, ToString(plan.tooth), plan.nodes, plan.uploaders, plan.readers, plan.message_loss,
      plan.duplicate, plan.delay_max, plan.between_faults, plan.delete_chance, plan.duration);
}

}  // namespace tritontube::simulation
