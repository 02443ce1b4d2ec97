#include "core/placement/balancer.h"

#include <numeric>

#include "core/placement/placing.h"
#include "core/placement/preferred.h"
#include "core/placement/shares.h"

namespace tritontube::placement {

namespace {

using NodeIndex = SlotTable::NodeIndex;

// The places of the nodes in the order of their ids.
std::vector<NodeIndex> OrderOfIds(const std::vector<WeightedNode>& nodes) {
  std::vector<NodeIndex> order(nodes.size());
  std::iota(order.begin(), order.end(), NodeIndex{0});
  std::ranges::sort(order, {}, [&](NodeIndex i) { return nodes[i].id; });
  return order;
}

Result<void> Check(const std::vector<WeightedNode>& nodes, int copies, const SlotTable* before) {
  if (copies < 1 || nodes.size() > std::numeric_limits<NodeIndex>::max()) {
    return Fail(ErrorCode::kInvalidArgument, "{} copies on {} nodes", copies, nodes.size());
  }
  const auto takes = [](const WeightedNode& node) { return node.weight > 0; };
  const auto taking = std::ranges::count_if(nodes, takes);
  if (taking < copies) {
    return Fail(ErrorCode::kInvalidArgument, "{} nodes cannot keep {} copies", taking, copies);
  }
  if (before == nullptr) return {};
  if (before->copies() != copies) {
    return Fail(ErrorCode::kInvalidArgument, "a table of {} copies cannot become one of {}",
                before->copies(), copies);
  }
  const auto is_unknown = [&](NodeIndex node) { return node >= nodes.size(); };
  if (std::ranges::any_of(before->rows(), is_unknown)) {
    return Fail(ErrorCode::kInvalidArgument, "the table names a node that is not in the list");
  }
  return {};
}

Result<void> CheckIds(const std::vector<WeightedNode>& nodes, const std::vector<NodeIndex>& order) {
  const auto same = [&](NodeIndex a, NodeIndex b) { return nodes[a].id == nodes[b].id; };
  const auto twice = std::ranges::adjacent_find(order, same);
  if (twice == order.end()) return {};
  return Fail(ErrorCode::kInvalidArgument, "node {} stands twice", nodes[*twice].id.text());
}

std::size_t ZoneNumber(const std::string& zone, std::vector<std::string>& zones) {
  const auto known = std::ranges::find(zones, zone);
  const auto number = static_cast<std::size_t>(known - zones.begin());
  if (known == zones.end()) zones.push_back(zone);
  return number;
}

// In the order of ids.
std::vector<ShareOfNode> Describe(const std::vector<WeightedNode>& nodes,
                                  const std::vector<NodeIndex>& order,
                                  const std::vector<NodeIndex>& rows) {
  std::vector<ShareOfNode> described;
  described.reserve(order.size());
  std::vector<std::string> zones;
  for (const NodeIndex i : order) {
    described.push_back(
        {.weight = static_cast<double>(nodes[i].weight), .zone = ZoneNumber(nodes[i].zone, zones)});
  }
  for (const NodeIndex node : rows) ++described[node].today;
  return described;
}

std::vector<NodeIndex> Renumber(std::vector<NodeIndex> rows, const std::vector<NodeIndex>& names) {
  for (NodeIndex& node : rows) node = names[node];
  return rows;
}

std::vector<NodeIndex> Inverse(const std::vector<NodeIndex>& order) {
  std::vector<NodeIndex> inverse(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) inverse[order[i]] = static_cast<NodeIndex>(i);
  return inverse;
}

Placing Begin(std::vector<Placing::Node> nodes, std::size_t copies, std::size_t spread,
              std::vector<NodeIndex> rows) {
  if (rows.empty()) return {std::move(nodes), copies, spread};
  return {std::move(nodes), copies, spread, std::move(rows)};
}

}  // namespace

Result<SlotTable> Balance(const std::vector<WeightedNode>& nodes, int copies,
                          const SlotTable* before) {
  TT_RETURN_IF_ERROR(Check(nodes, copies, before));
  const std::vector<NodeIndex> order = OrderOfIds(nodes);
  TT_RETURN_IF_ERROR(CheckIds(nodes, order));
  std::vector<NodeIndex> rows;
  if (before != nullptr) rows = Renumber(before->rows(), Inverse(order));

  const auto copy_count = static_cast<std::size_t>(copies);
  const std::vector<ShareOfNode> described = Describe(nodes, order, rows);
  const std::vector<std::size_t> shares = SharesOf(described, kSlotCount, copy_count);
  std::vector<Placing::Node> placed;
  placed.reserve(order.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    placed.push_back(
        {.id = nodes[order[i]].id.text(), .zone = described[i].zone, .share = shares[i]});
  }
  Placing placing = Begin(std::move(placed), copy_count, SpreadOf(described, copy_count), rows);
  placing.Balance();
  rows = placing.rows();
  BalancePreferred(rows, copy_count, nodes.size());
  return SlotTable(copies, Renumber(std::move(rows), order));
}

}  // namespace tritontube::placement
