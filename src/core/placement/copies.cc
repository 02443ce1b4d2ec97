#include "core/placement/copies.h"

#include <algorithm>
#include <map>
#include <optional>
#include <tuple>

#include "base/assert.h"
#include "core/placement/shares.h"

namespace tritontube::placement {

namespace {

using NodeIndex = SlotTable::NodeIndex;
using Row = std::vector<NodeIndex>;

// How far every node is from what it is to keep, while copies come or go one by one.
class Balances {
 public:
  Balances(const std::vector<WeightedNode>& nodes, const SlotTable& before, std::size_t copies)
      : nodes_(nodes), missing_(nodes.size()) {
    std::vector<ShareOfNode> described;
    std::map<std::string_view, std::size_t> zones;
    for (const WeightedNode& node : nodes) {
      const std::size_t zone = zones.emplace(node.zone, zones.size()).first->second;
      zones_.push_back(zone);
      described.push_back({.weight = static_cast<double>(node.weight), .zone = zone});
    }
    for (const NodeIndex node : before.rows()) ++described[node].today;
    const std::vector<std::size_t> shares = SharesOf(described, kSlotCount, copies);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      missing_[i] =
          static_cast<std::ptrdiff_t>(shares[i]) - static_cast<std::ptrdiff_t>(described[i].today);
    }
  }

  std::ptrdiff_t missing(NodeIndex node) const { return missing_[node]; }
  void Give(NodeIndex node) { --missing_[node]; }
  void Take(NodeIndex node) { ++missing_[node]; }

  const WeightedNode& node(NodeIndex index) const { return nodes_[index]; }
  std::ptrdiff_t CountInZoneOf(NodeIndex node, const Row& row) const {
    return std::ranges::count_if(
        row, [&](NodeIndex other) { return other != node && zones_[other] == zones_[node]; });
  }

 private:
  const std::vector<WeightedNode>& nodes_;
  std::vector<std::size_t> zones_ = {};
  std::vector<std::ptrdiff_t> missing_;
};

Row RowOf(const SlotTable& table, std::size_t slot) {
  const auto replicas = table.replicas(static_cast<Slot>(slot));
  return {replicas.begin(), replicas.end()};
}

std::optional<NodeIndex> BestToAdd(const Balances& balances, std::size_t node_count,
                                   const Row& row) {
  std::optional<NodeIndex> best;
  // Ids end every tie, so that the order of the list does not matter.
  const auto rank = [&](NodeIndex node) {
    return std::tuple(-balances.CountInZoneOf(node, row), balances.missing(node),
                      balances.node(node).id);
  };
  for (std::size_t i = 0; i < node_count; ++i) {
    const auto node = static_cast<NodeIndex>(i);
    if (balances.node(node).weight == 0 || std::ranges::find(row, node) != row.end()) continue;
    if (!best || rank(node) > rank(*best)) best = node;
  }
  return best;
}

NodeIndex BestToDrop(const Balances& balances, const Row& row) {
  const auto rank = [&](NodeIndex node) {
    return std::tuple(balances.node(node).weight == 0, balances.CountInZoneOf(node, row),
                      -balances.missing(node), balances.node(node).id);
  };
  return *std::ranges::max_element(row, {}, rank);
}

}  // namespace

Result<SlotTable> AddCopy(const std::vector<WeightedNode>& nodes, const SlotTable& before) {
  const int copies = before.copies() + 1;
  const auto takes = [](const WeightedNode& node) { return node.weight > 0; };
  const auto taking = std::ranges::count_if(nodes, takes);
  if (taking < copies) {
    return Fail(ErrorCode::kInvalidArgument, "{} nodes cannot keep {} copies", taking, copies);
  }
  Balances balances(nodes, before, static_cast<std::size_t>(copies));
  std::vector<NodeIndex> rows;
  rows.reserve(kSlotCount * static_cast<std::size_t>(copies));
  for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
    Row row = RowOf(before, slot);
    const std::optional<NodeIndex> added = BestToAdd(balances, nodes.size(), row);
    if (!added) {
      return Fail(ErrorCode::kInvalidArgument, "no node can take another copy of slot {}", slot);
    }
    balances.Give(*added);
    row.push_back(*added);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return SlotTable(copies, std::move(rows));
}

SlotTable DropCopy(const std::vector<WeightedNode>& nodes, const SlotTable& before) {
  const int copies = before.copies() - 1;
  TT_ASSERT(copies > 0, "the last copy would go");
  Balances balances(nodes, before, static_cast<std::size_t>(copies));
  std::vector<NodeIndex> rows;
  rows.reserve(kSlotCount * static_cast<std::size_t>(copies));
  for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
    Row row = RowOf(before, slot);
    const NodeIndex dropped = BestToDrop(balances, row);
    balances.Take(dropped);
    std::erase(row, dropped);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return {copies, std::move(rows)};
}

}  // namespace tritontube::placement
