#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "core/blob/blob_store.h"

// Which nodes keep which bytes: a table and not a function, so that balance is
// exact, moves are the fewest, and no two programs can disagree.
namespace tritontube::placement {

// Keys are spread over so many slots for the life of a cluster.
inline constexpr std::size_t kSlotCount = 4096;
using Slot = std::uint16_t;  // Less than kSlotCount.
using SlotSet = std::bitset<kSlotCount>;

// The first 12 bits of XXH3-64 of "video/upload/file".
Slot SlotOf(const blob::BlobKey& key);

// How many copies there are of each blob, and how many of them must be durable
// before a put is acknowledged.
struct Replication {
  int copies = 1;
  int acks = 1;

  // Copies that must have answered before what none of them has does not exist: any so many
  // meet every acknowledged put, and every fence (storage protocol, rule 1).
  int misses() const { return std::max(copies - acks + 1, acks); }
  bool operator==(const Replication&) const = default;
};

// 1/1 for one node, 2/2 for two, 3/2 from three nodes on.
Replication ReplicationFor(std::size_t node_count);

// The nodes of each slot, by their place in the list of members, the preferred
// one first. A value type: copy it, change the copy, publish the copy.
class SlotTable {
 public:
  using NodeIndex = std::uint16_t;

  SlotTable() = default;
  // Requires: kSlotCount rows of `copies` different nodes each, in the order of the slots.
  SlotTable(int copies, std::vector<NodeIndex> rows);

  int copies() const { return copies_; }
  std::span<const NodeIndex> replicas(Slot slot) const;
  const std::vector<NodeIndex>& rows() const { return rows_; }
  bool operator==(const SlotTable&) const = default;

 private:
  int copies_ = 0;
  std::vector<NodeIndex> rows_;
};

}  // namespace tritontube::placement
