#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "core/placement/slot_table.h"

namespace tritontube::placement {

struct WeightedNode {
  NodeId id;
  std::string zone = {};     // Nodes that may fail together. Empty is a zone like any other.
  std::uint64_t weight = 1;  // Its share of the bytes: what its disk can take. 0 keeps it empty.
};

// A table for `nodes` that is as close to every node's share as whole slots
// allow. No slot has two copies on a node; its copies are in as many zones as
// there are, up to their number. Deterministic: the same input gives the same
// table on every machine, whatever the order in which nodes came.
//
// With a table `before` (whose indices mean `nodes` too: who is no longer in the
// table has weight 0), the fewest copies move, and at most one of each slot.
// Without one, rendezvous hashing seeds it.
//
// kInvalidArgument when fewer nodes than copies can take any.
Result<SlotTable> Balance(const std::vector<WeightedNode>& nodes, int copies,
                          const SlotTable* before = nullptr);

}  // namespace tritontube::placement
