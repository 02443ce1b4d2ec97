#include "domain/migration/steering.h"

#include "domain/topology/changes.h"
#include "domain/topology/roles.h"

namespace tritontube::migration {

namespace {

using topology::Member;
using topology::Phase;

// In this life of its folder, which misses nothing.
const ReadyRecord* FindReady(const Observation& seen, const Member& member) {
  const auto ready = seen.ready.find(member.id);
  const auto starts = seen.starts.find(member.id);
  if (ready == seen.ready.end() || starts == seen.starts.end() || member.incomplete) return nullptr;
  return ready->second.starts == starts->second ? &ready->second : nullptr;
}

}  // namespace

Result<Decision> Steering::Decide(const Observation& seen, SteadyTime now) {
  const topology::Topology& topology = seen.topology;
  if (!topology.plan) {
    if (!topology.change) return Decision{};
    TT_ASSIGN_OR_RETURN(const bool needed, topology::IsPlanNeeded(topology));
    return Decision{.step = needed ? Step::kBeginPlan : Step::kSettle};
  }
  if (topology.plan->phase == Phase::kUseNew) return Decision{.step = Step::kSettle};

  Decision use_new{.step = Step::kUseNew};
  bool all_ready = true;
  const std::vector<topology::NodeIndex> destinations = topology::DestinationsOf(topology);
  for (const topology::NodeIndex index : destinations) {
    const ReadyRecord* const ready = FindReady(seen, topology.members[index]);
    all_ready = all_ready && ready != nullptr;
    if (ready == nullptr) continue;
    use_new.moved.files += ready->moved.files;
    use_new.moved.bytes += ready->moved.bytes;
  }
  if (all_ready) return use_new;
  if (const Member* const silent = FindSilent(seen, destinations, now)) {
    return Decision{.step = Step::kAbort,
                    .reason = fmt::format("the content node at {}, which was to take over slots, "
                                          "has been silent for too long: start it, then ask again",
                                          silent->address)};
  }
  return Decision{};
}

const Member* Steering::FindSilent(const Observation& seen,
                                   const std::vector<topology::NodeIndex>& destinations,
                                   SteadyTime now) {
  const topology::Topology& topology = seen.topology;
  const bool is_new = std::exchange(plan_, topology.plan->began) != topology.plan->began;
  const bool looked_away = now - std::exchange(looked_, now) > options_.look_gap_max;
  if (is_new || looked_away) silent_since_.clear();
  const bool alone = topology.replication.copies == 1 && topology.plan->replication.copies == 2;
  const auto patience = alone ? options_.silence_max_alone : options_.silence_max;
  for (const topology::NodeIndex index : destinations) {
    const Member& member = topology.members[index];
    const auto lives = seen.lives.find(member.id);
    if (lives != seen.lives.end() && lives->second) {
      silent_since_.erase(member.id);
      continue;
    }
    const SteadyTime since = silent_since_.emplace(member.id, now).first->second;
    if (now - since >= patience) return &member;
  }
  return nullptr;
}

}  // namespace tritontube::migration
