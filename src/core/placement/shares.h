#pragma once

#include <cstddef>
#include <vector>

// How many copies each node keeps: the arithmetic before any slot is named.
namespace tritontube::placement {

// Whole numbers that add up to `total`, each of `shares` rounded up or down. Who keeps more than
// its share today is rounded up first, so that less moves; then who is cut most.
// Requires: `shares` add up to `total`, nearly; `today` has as many entries.
std::vector<std::size_t> RoundShares(const std::vector<double>& shares, std::size_t total,
                                     const std::vector<std::size_t>& today);

struct ShareOfNode {
  double weight = 0;     // 0 gets nothing.
  std::size_t zone = 0;  // Zones are numbered from 0 without gaps.
  std::size_t today = 0;
};

// How many different zones the copies of each slot are in.
std::size_t SpreadOf(const std::vector<ShareOfNode>& nodes, std::size_t copies);

// The copies that each node is to keep when every one of `slots` has `copies` of them: in
// proportion to the weights, but never more than one of a slot on a node, and never so many in a
// zone that a slot could not be in SpreadOf() zones. What that takes from one is poured over the
// others. There always is a table with exactly these numbers. Requires: at least `copies` nodes of
// weight.
std::vector<std::size_t> SharesOf(const std::vector<ShareOfNode>& nodes, std::size_t slots,
                                  std::size_t copies);

}  // namespace tritontube::placement
