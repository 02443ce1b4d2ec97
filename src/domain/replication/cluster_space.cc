#include "domain/replication/cluster_space.h"

#include <algorithm>
#include <functional>
#include <numeric>

namespace tritontube::replication {

// B bytes fit when no node takes more than B of them and all copies find room:
// the sum of min(room, B) reaches copies * B. Let the k largest be those that
// take B: then the others must hold (copies - k) * B.
ByteCount UsableBytes(std::vector<ByteCount> rooms, int copies) {
  const auto needed = static_cast<std::size_t>(copies);
  if (needed == 0 || rooms.size() < needed) return 0;
  std::ranges::sort(rooms, std::greater<>());
  ByteCount rest = std::accumulate(rooms.begin(), rooms.end(), ByteCount{0});
  ByteCount usable = rest / needed;
  for (std::size_t largest = 1; largest < needed; ++largest) {
    rest -= rooms[largest - 1];
    usable = std::min(usable, rest / (needed - largest));
  }
  return usable;
}

namespace {

// As many copies as there are rooms, when those are enough for an acknowledgement.
ByteCount RoomIn(std::vector<ByteCount> rooms, placement::Replication replication) {
  const auto count = static_cast<int>(rooms.size());
  if (count < replication.acks) return 0;
  return UsableBytes(std::move(rooms), std::min(count, replication.copies));
}

}  // namespace

blob::StoreStatus StatusOfCluster(const std::vector<NodeSpace>& nodes,
                                  placement::Replication replication) {
  blob::StoreStatus total;
  std::vector<ByteCount> free;
  std::vector<ByteCount> capacity;
  int writable = 0;
  for (const NodeSpace& node : nodes) {
    total.stored_bytes += node.store.stored_bytes;
    total.corrupt_count += node.store.corrupt_count;
    // Puts do without a node of which nothing is known, and without a full one.
    const bool is_known = node.store.capacity_bytes > 0;
    if (is_known && !node.store.read_only) free.push_back(node.store.free_bytes);
    if (is_known) capacity.push_back(node.store.capacity_bytes);
    if (node.answers && !node.store.read_only) ++writable;
  }
  total.stored_bytes /= static_cast<ByteCount>(std::max(1, replication.copies));
  total.free_bytes = RoomIn(std::move(free), replication);
  total.capacity_bytes = RoomIn(std::move(capacity), replication);
  total.read_only = writable < replication.acks;
  return total;
}

}  // namespace tritontube::replication
