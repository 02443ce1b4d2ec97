#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "core/blob/blob_store.h"

namespace tritontube::replication {

// A copy that a node should have and has not.
struct OwedCopy {
  NodeId node;
  blob::BlobKey key;
  bool damaged = false;  // It has one, of which the bytes are wrong.
};

// What is owed to which node, the oldest first; of each node so many that the
// memory has a bound. A node that does not take copies is left alone for twice
// as long after each time. Pure; not synchronized.
class OwedQueue {
 public:
  struct Limits {
    std::size_t per_node_max = 10'000;
    std::chrono::milliseconds delay_min{250};
    std::chrono::milliseconds delay_max = std::chrono::seconds(30);
  };

  explicit OwedQueue(Limits limits) : limits_(limits) {}

  // The number of older ones that were dropped to make room: 0 or 1.
  std::size_t Add(OwedCopy copy);
  // Takes up to `count` out whose node may be tried at `now`; no node of `avoided`.
  std::vector<OwedCopy> Take(std::size_t count, const std::set<NodeId>& avoided, SteadyTime now);
  void Succeeded(const NodeId& node);
  void Failed(const NodeId& node, SteadyTime now);
  // When a node that is left alone may be tried again.
  std::optional<SteadyTime> NextTry() const;
  void Retain(const std::set<NodeId>& nodes);

  std::size_t size() const;

 private:
  struct Copies {
    std::list<blob::BlobKey> order;
    std::map<blob::BlobKey, bool> damaged;
    std::chrono::milliseconds delay{0};
    SteadyTime next_try = {};
  };

  Limits limits_;
  std::map<NodeId, Copies> nodes_;
};

}  // namespace tritontube::replication
