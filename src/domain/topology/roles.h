#pragma once

#include <span>
#include <vector>

#include "domain/topology/topology.h"

// Which part a member has in a slot, under one topology. Pure.
namespace tritontube::topology {

using placement::Slot;
using NodeIndex = placement::SlotTable::NodeIndex;

// Nodes that keep a slot, and how many of them must have a put before it is acknowledged. Valid as
// long as the topology.
struct KeeperSet {
  placement::Replication replication;
  std::span<const NodeIndex> nodes;
};

// The sets of which each has to acknowledge what is put, and to deny what does not exist: the one
// that keeps the slot, and behind it the one that is to keep it while it moves.
std::vector<KeeperSet> SetsOf(const Topology& topology, Slot slot);
// Everybody in those sets, once; who keeps the slot already comes first.
std::vector<NodeIndex> KeepersOf(const Topology& topology, Slot slot);
bool IsKeeper(const Topology& topology, Slot slot, NodeIndex node);

// Whether `node` has to pull the slot before the plan can go on: whoever is new to it; or everybody
// of the new set when nobody is new to it, or when more copies than before must have a put (shown
// by tests/model).
bool HasToPull(const Topology& topology, Slot slot, NodeIndex node);
// Whether `node` leaves for ever, and what only it has may be lost: nobody waits for it.
bool IsGivenUp(const Topology& topology, NodeIndex node);
// Whether what `node` does not have of the slot counts as missing: not while it is new to it, nor
// while its folder has missed something.
bool MayDeny(const Topology& topology, Slot slot, NodeIndex node);

// Whether `node` may lose all that it has stored without anything being lost: the others have it,
// and nobody else is being repaired. Of a node that is no member nobody needs anything.
bool MayBeginAnew(const Topology& topology, const NodeId& node);

// Members that have to pull something for the running plan.
std::vector<NodeIndex> DestinationsOf(const Topology& topology);
// How many copies of slots the running plan brings to each member, by their place.
std::vector<std::size_t> CopiesComing(const Topology& topology);
// The place of a member in the list.
std::optional<NodeIndex> IndexOf(const Topology& topology, const NodeId& node);

}  // namespace tritontube::topology
