#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "core/placement/balancer.h"

// Nodes for the tests, and what a table gives each of them.
namespace tritontube::placement {

inline WeightedNode Node(int number, std::string zone = "", std::uint64_t weight = 1) {
  return {.id = *NodeId::Parse(fmt::format("node-{:06}", number)),
          .zone = std::move(zone),
          .weight = weight};
}

inline std::vector<std::size_t> CountsOf(const SlotTable& table, std::size_t nodes) {
  std::vector<std::size_t> counts(nodes);
  for (const SlotTable::NodeIndex node : table.rows()) ++counts[node];
  return counts;
}

}  // namespace tritontube::placement
