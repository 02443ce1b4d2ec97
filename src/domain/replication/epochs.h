#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "domain/replication/cluster_options.h"
#include "domain/topology/topology_store.h"

namespace tritontube::replication {

using TopologyPointer = std::shared_ptr<const topology::Topology>;

// Under which topology a call begins, and begins again. Any thread.
class Epochs {
 public:
  Epochs(topology::TopologyStore& store, ClusterCounters& counters)
      : store_(store), counters_(counters) {}

  async::Task<Result<TopologyPointer>> Current(Deadline deadline);
  // One of a greater epoch: a node has refused `stale`.
  async::Task<Result<TopologyPointer>> Newer(topology::Epoch stale, Deadline deadline);
  // The newest that is known here; null before the first.
  TopologyPointer snapshot() const { return store_.snapshot(); }

  // What `attempt` answers under a topology that no node refuses.
  template <typename Attempt>
  std::invoke_result_t<Attempt, TopologyPointer> Run(Deadline deadline, Attempt attempt) {
    Result<TopologyPointer> topology = co_await Current(deadline);
    for (;;) {
      if (!topology) co_return std::unexpected(std::move(topology).error());
      auto answer = co_await attempt(*topology);
      if (answer || answer.error().code() != ErrorCode::kAborted) co_return answer;
      topology = co_await Newer((*topology)->epoch, deadline);
    }
  }

 private:
  topology::TopologyStore& store_;
  ClusterCounters& counters_;
};

}  // namespace tritontube::replication
