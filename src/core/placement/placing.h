#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/placement/slot_table.h"

namespace tritontube::placement {

// A table in the making: which copy may leave which node for which, and how far each node is from
// the share it is to have.
//
// Nodes are numbered in the order of their ids, so that nothing depends on how they were listed.
class Placing {
 public:
  using NodeIndex = SlotTable::NodeIndex;

  struct Node {
    std::string id;
    std::size_t zone = 0;
    std::size_t share = 0;  // Copies that it is to keep.
  };
  // A copy, and the node that would have it instead.
  struct Exchange {
    Slot slot = 0;
    std::size_t place = 0;
    NodeIndex to = 0;
  };

  // Seeds every slot by rendezvous hashing.
  Placing(std::vector<Node> nodes, std::size_t copies, std::size_t spread);
  // Starts from a table, of which one copy of each slot may change.
  Placing(std::vector<Node> nodes, std::size_t copies, std::size_t spread,
          std::vector<NodeIndex> rows);

  // Exchanges copies until every node has its share, or as nearly as the rules allow.
  void Balance();

  const std::vector<NodeIndex>& rows() const { return rows_; }

 private:
  std::span<const NodeIndex> Row(Slot slot) const;
  NodeIndex At(Slot slot, std::size_t place) const { return rows_[(slot * copies_) + place]; }
  bool IsOver(NodeIndex node) const { return counts_[node] > nodes_[node].share; }
  bool IsUnder(NodeIndex node) const { return counts_[node] < nodes_[node].share; }
  std::size_t SpreadOfRow(Slot slot) const;
  std::size_t SpreadWith(const Exchange& exchange) const;
  double Score(Slot slot, NodeIndex node) const;

  void Seed();
  NodeIndex BestFor(Slot slot, std::span<const NodeIndex> chosen) const;

  bool IsAllowed(const Exchange& exchange) const;
  void Apply(const Exchange& exchange);
  // The allowed taker of a copy that scores best among those that `wanted` says yes to.
  template <typename Wanted>
  std::optional<Exchange> BestTaker(Slot slot, std::size_t place, Wanted wanted) const;

  void SpreadOverZones();
  void RelieveDirectly();
  void RelieveByPaths();
  std::optional<std::vector<Exchange>> PathFrom(NodeIndex over) const;

  std::vector<Node> nodes_;
  std::size_t copies_;
  std::size_t spread_;  // Zones that the copies of a slot are to be in.
  bool only_one_may_change_;
  std::vector<NodeIndex> before_ = {};
  std::vector<NodeIndex> rows_;
  std::vector<std::size_t> counts_;
};

}  // namespace tritontube::placement
