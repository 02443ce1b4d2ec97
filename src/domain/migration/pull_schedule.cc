#include "domain/migration/pull_schedule.h"

#include <algorithm>
#include <optional>

namespace tritontube::migration {

namespace {

// Any so many nodes of the set that keeps a slot meet every acknowledged put. Dead members count
// as copies that do not answer.
std::size_t SourcesNeeded(placement::Replication replication) {
  return static_cast<std::size_t>(replication.copies) - static_cast<std::size_t>(replication.acks) +
         1;
}

// Those who are given up have nothing that anybody waits for.
Want WantOf(const topology::Topology& topology, Slot slot, std::optional<NodeIndex> without) {
  Want want{.slot = slot, .needed = SourcesNeeded(topology.replication)};
  std::size_t left = 0;
  for (const NodeIndex node : topology.table.replicas(slot)) {
    if (node == without || topology::IsGivenUp(topology, node)) continue;
    ++left;
    if (topology::MayDeny(topology, slot, node)) want.sources.push_back(node);
  }
  want.needed = std::min(want.needed, left);
  return want;
}

}  // namespace

std::vector<Want> WantsForPlan(const topology::Topology& topology, NodeIndex node) {
  std::vector<Want> wants;
  for (std::size_t i = 0; i < placement::kSlotCount; ++i) {
    const auto slot = static_cast<Slot>(i);
    if (topology::HasToPull(topology, slot, node))
      wants.push_back(WantOf(topology, slot, std::nullopt));
  }
  return wants;
}

placement::SlotSet SlotsToRead(const topology::Topology& topology, const std::vector<Want>& wants) {
  placement::SlotSet slots;
  for (const Want& want : wants) {
    const auto keepers = topology.table.replicas(want.slot);
    slots[want.slot] = std::ranges::any_of(keepers, [&](NodeIndex keeper) {
      return topology.members[keeper].standing == topology::Standing::kLeaving &&
             !topology::IsGivenUp(topology, keeper);
    });
  }
  return slots;
}

std::vector<Want> WantsForRepair(const topology::Topology& topology, NodeIndex node) {
  std::vector<Want> wants;
  for (std::size_t i = 0; i < placement::kSlotCount; ++i) {
    const auto slot = static_cast<Slot>(i);
    const auto keepers = topology.table.replicas(slot);
    if (std::ranges::find(keepers, node) == keepers.end()) continue;
    wants.push_back(WantOf(topology, slot, node));
  }
  return wants;
}

bool PullSchedule::HasPassed(NodeIndex source, Slot slot) const {
  const auto passed = passed_.find(source);
  return passed != passed_.end() && passed->second.test(slot);
}

bool PullSchedule::IsDone(const Want& want) const {
  std::size_t count = 0;
  for (const auto& [source, slots] : passed_) count += slots.test(want.slot) ? 1 : 0;
  return count >= want.needed;
}

std::size_t PullSchedule::slots_done() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(wants_, [this](const Want& want) { return IsDone(want); }));
}

std::vector<PullSchedule::Pass> PullSchedule::NextPasses(
    const std::map<NodeIndex, SteadyTime>& failed) const {
  const auto failed_at = [&](NodeIndex source) {
    const auto found = failed.find(source);
    return found == failed.end() ? SteadyTime::min() : found->second;
  };
  std::map<NodeIndex, placement::SlotSet> passes;
  for (const Want& want : wants_) {
    if (IsDone(want)) continue;
    std::optional<NodeIndex> chosen;
    // Everybody begins with another one, so that all sources have something to give.
    for (std::size_t i = 0; i < want.sources.size(); ++i) {
      const NodeIndex source = want.sources[(want.slot + i) % want.sources.size()];
      if (HasPassed(source, want.slot)) continue;
      if (!chosen || failed_at(source) < failed_at(*chosen)) chosen = source;
    }
    if (chosen) passes[*chosen].set(want.slot);
  }
  std::vector<Pass> next;
  next.reserve(passes.size());
  for (const auto& [source, slots] : passes) next.push_back({.source = source, .slots = slots});
  return next;
}

}  // namespace tritontube::migration
