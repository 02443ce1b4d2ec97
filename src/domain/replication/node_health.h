#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace tritontube::replication {

// How fast nodes answered of late, and which of them did not: whom to ask first.
// What it remembers of a slow node fades, or that node would never be asked
// again. Pure; not synchronized.
class NodeHealth {
 public:
  using Duration = std::chrono::nanoseconds;

  // A node that has not answered for so long does not answer.
  static constexpr Duration kSilence = std::chrono::seconds(1);

  void Answered(const NodeId& node, Duration latency, SteadyTime now);
  // It answered something whose time says nothing about its speed.
  void Lives(const NodeId& node);
  void Failed(const NodeId& node);
  // Nobody waited any longer: it takes at least so long.
  void Abandoned(const NodeId& node, Duration waited, SteadyTime now);
  void Forget(const NodeId& node);

  bool IsSuspect(const NodeId& node) const;
  std::vector<NodeId> suspects() const;
  // Zero for a node of which nothing is known.
  Duration LatencyOf(const NodeId& node, SteadyTime now) const;
  // Places in `replicas`, in the order in which to ask: those that answer first. The order of
  // `replicas` spreads the load, so only a clear difference in speed overrules it.
  std::vector<std::size_t> Order(const std::vector<NodeId>& replicas, SteadyTime now) const;

 private:
  struct Record {
    Duration latency{0};
    SteadyTime updated = {};
    bool suspect = false;
  };

  std::map<NodeId, Record> records_;
};

}  // namespace tritontube::replication
