#include "domain/topology/roles.h"

#include <algorithm>

namespace tritontube::topology {

namespace {

bool Contains(std::span<const NodeIndex> nodes, NodeIndex node) {
  return std::ranges::find(nodes, node) != nodes.end();
}

// Their order says who is asked first only.
bool AreSame(const KeeperSet& one, const KeeperSet& other) {
  return one.replication == other.replication &&
         std::ranges::all_of(one.nodes,
                             [&](NodeIndex node) { return Contains(other.nodes, node); });
}

}  // namespace

std::vector<KeeperSet> SetsOf(const Topology& topology, Slot slot) {
  std::vector<KeeperSet> sets{
      {.replication = topology.replication, .nodes = topology.table.replicas(slot)}};
  if (!topology.plan || topology.plan->phase != Phase::kWriteBoth) return sets;
  const KeeperSet next{.replication = topology.plan->replication,
                       .nodes = topology.plan->table.replicas(slot)};
  if (!AreSame(sets.front(), next)) sets.push_back(next);
  return sets;
}

std::vector<NodeIndex> KeepersOf(const Topology& topology, Slot slot) {
  std::vector<NodeIndex> keepers;
  for (const KeeperSet& set : SetsOf(topology, slot)) {
    for (const NodeIndex node : set.nodes) {
      if (!Contains(keepers, node)) keepers.push_back(node);
    }
  }
  return keepers;
}

bool IsKeeper(const Topology& topology, Slot slot, NodeIndex node) {
  return std::ranges::any_of(SetsOf(topology, slot),
                             [&](const KeeperSet& set) { return Contains(set.nodes, node); });
}

bool HasToPull(const Topology& topology, Slot slot, NodeIndex node) {
  const std::vector<KeeperSet> sets = SetsOf(topology, slot);
  if (IsGivenUp(topology, node)) return false;
  if (sets.size() < 2 || !Contains(sets[1].nodes, node)) return false;
  const auto& [before, after] = std::pair(sets[0], sets[1]);
  if (!Contains(before.nodes, node)) return true;
  const bool somebody_is_new = std::ranges::any_of(
      after.nodes, [&](NodeIndex other) { return !Contains(before.nodes, other); });
  return !somebody_is_new || after.replication.acks > before.replication.acks;
}

bool IsGivenUp(const Topology& topology, NodeIndex node) {
  return topology.change && topology.change->accepts_loss &&
         topology.members[node].standing == Standing::kLeaving;
}

bool MayDeny(const Topology& topology, Slot slot, NodeIndex node) {
  return !topology.members[node].incomplete && Contains(topology.table.replicas(slot), node);
}

bool MayBeginAnew(const Topology& topology, const NodeId& node) {
  if (topology.Find(node) == nullptr) return true;
  const bool others_are_whole = std::ranges::none_of(topology.members, [&](const Member& member) {
    return member.incomplete && member.id != node;
  });
  return topology.replication.copies > 1 && others_are_whole;
}

std::vector<NodeIndex> DestinationsOf(const Topology& topology) {
  std::vector<NodeIndex> destinations;
  for (std::size_t i = 0; i < topology.members.size(); ++i) {
    const auto node = static_cast<NodeIndex>(i);
    for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
      if (!HasToPull(topology, static_cast<Slot>(slot), node)) continue;
      destinations.push_back(node);
      break;
    }
  }
  return destinations;
}

std::vector<std::size_t> CopiesComing(const Topology& topology) {
  std::vector<std::size_t> coming(topology.members.size(), 0);
  if (!topology.plan || topology.plan->phase != Phase::kWriteBoth) return coming;
  for (std::size_t i = 0; i < placement::kSlotCount; ++i) {
    const auto slot = static_cast<Slot>(i);
    for (const NodeIndex node : topology.plan->table.replicas(slot)) {
      if (!Contains(topology.table.replicas(slot), node)) ++coming[node];
    }
  }
  return coming;
}

std::optional<NodeIndex> IndexOf(const Topology& topology, const NodeId& node) {
  const auto found = std::ranges::find(topology.members, node, &Member::id);
  if (found == topology.members.end()) return std::nullopt;
  return static_cast<NodeIndex>(found - topology.members.begin());
}

}  // namespace tritontube::topology
