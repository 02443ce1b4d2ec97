#pragma once

#include "core/placement/balancer.h"

namespace tritontube::placement {

// A table with one more copy of every slot, on a node that has none of it: in a zone of its own
// where there is one, and where the most is missing to a node's share. Nothing else moves, so that
// the table is balanced only after a Balance(). Deterministic like that.
//
// kInvalidArgument when a slot has a copy on every node of weight already.
Result<SlotTable> AddCopy(const std::vector<WeightedNode>& nodes, const SlotTable& before);

// A table with one copy less of every slot: one that is on a node of weight 0 goes first, then one
// whose zone has another, then one of the node that is most above its share. Requires: `before` has
// two copies or more.
SlotTable DropCopy(const std::vector<WeightedNode>& nodes, const SlotTable& before);

}  // namespace tritontube::placement
