#include "domain/replication/owed_queue.h"

#include <algorithm>

namespace tritontube::replication {

std::size_t OwedQueue::Add(OwedCopy copy) {
  Copies& copies = nodes_[copy.node];
  const auto [entry, is_new] = copies.damaged.try_emplace(copy.key, copy.damaged);
  if (!is_new) {
    entry->second = entry->second || copy.damaged;
    return 0;
  }
  copies.order.push_back(std::move(copy.key));
  if (copies.order.size() <= limits_.per_node_max) return 0;
  copies.damaged.erase(copies.order.front());
  copies.order.pop_front();
  return 1;
}

std::vector<OwedCopy> OwedQueue::Take(std::size_t count, const std::set<NodeId>& avoided,
                                      SteadyTime now) {
  std::vector<OwedCopy> taken;
  for (auto& [node, copies] : nodes_) {
    if (avoided.contains(node) || now < copies.next_try) continue;
    while (taken.size() < count && !copies.order.empty()) {
      const auto entry = copies.damaged.find(copies.order.front());
      taken.push_back({.node = node, .key = entry->first, .damaged = entry->second});
      copies.damaged.erase(entry);
      copies.order.pop_front();
    }
  }
  return taken;
}

void OwedQueue::Succeeded(const NodeId& node) {
  const auto entry = nodes_.find(node);
  if (entry == nodes_.end()) return;
  entry->second.delay = std::chrono::milliseconds(0);
  entry->second.next_try = {};
}

void OwedQueue::Failed(const NodeId& node, SteadyTime now) {
  Copies& copies = nodes_[node];
  copies.delay = std::clamp(copies.delay * 2, limits_.delay_min, limits_.delay_max);
  copies.next_try = now + copies.delay;
}

std::optional<SteadyTime> OwedQueue::NextTry() const {
  std::optional<SteadyTime> next;
  for (const auto& [node, copies] : nodes_) {
    if (copies.order.empty()) continue;
    if (!next || copies.next_try < *next) next = copies.next_try;
  }
  return next;
}

void OwedQueue::Retain(const std::set<NodeId>& nodes) {
  std::erase_if(nodes_, [&](const auto& entry) { return !nodes.contains(entry.first); });
}

std::size_t OwedQueue::size() const {
  std::size_t size = 0;
  for (const auto& [node, copies] : nodes_) size += copies.order.size();
  return size;
}

}  // namespace tritontube::replication
