#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/coordination/model_coordination.h"
#include "domain/replication/cluster_blob_store.h"
#include "domain/replication/fake_nodes_test.h"
#include "foundation/async/io_pool.h"
#include "support/must.h"

namespace tritontube::replication {

inline Error Gone() { return {ErrorCode::kUnavailable, "connection refused"}; }

// A cluster store over fake nodes, for straight-line tests: every call blocks.
// Thread 0 is for the callers, thread 1 for what the store does beside them.
class FakeCluster {
 public:
  explicit FakeCluster(std::size_t node_count,
                       ClusterOptions options = {.retry_time = std::chrono::milliseconds(0)})
      : nodes_(node_count),
        topologies_(coordination_),
        pool_(2),
        store_(nodes_, topologies_, clock_, pool_.executor(1), options) {
    founded_ = *support::Must(Run(topologies_.Create(
        support::Must(topology::Found(*ClusterId::Parse("cluster-000"), nodes_.members())),
        Soon())));
    store_.Start();
  }
  ~FakeCluster() { Stop(); }
  FakeCluster(const FakeCluster&) = delete;
  FakeCluster& operator=(const FakeCluster&) = delete;

  FakeNodes& nodes() { return nodes_; }
  ClusterBlobStore& store() { return store_; }
  topology::TopologyStore& topologies() { return topologies_; }
  // Of somebody else, of whose changes the store is not told.
  topology::TopologyStore& other_topologies() { return other_topologies_; }
  const topology::Topology& founded() const { return founded_; }

  static Deadline Soon() { return Deadline::After(std::chrono::seconds(30)); }
  template <typename T>
  T Run(async::Task<T> task) {
    return async::BlockOn(pool_.executor(0), std::move(task));
  }
  void Stop() { async::BlockOn(pool_.executor(1), store_.Stop()); }
  void Settle() { async::BlockOn(pool_.executor(0), store_.Settle(Soon())); }
  // Waits until `is_so`, which is asked at every call of a node and every 10 ms. False at the
  // deadline.
  template <typename Predicate>
  bool Eventually(Predicate is_so) {
    const Deadline end = Soon();
    while (!is_so() && !end.HasPassed()) {
      async::BlockOn(pool_.executor(0),
                     nodes_.happened().WaitBeyond(nodes_.happened().count(),
                                                  Deadline::After(std::chrono::milliseconds(10))));
    }
    return is_so();
  }

  Result<void> Put(const blob::BlobKey& key, std::string bytes, Deadline deadline = Soon()) {
    std::vector<blob::Blob> batch;
    batch.push_back({.key = key, .bytes = blob::Bytes(std::move(bytes))});
    return Run(store_.Put(std::move(batch), deadline));
  }
  // Onto one node, past the cluster.
  void PutOn(std::size_t node, const blob::BlobKey& key, std::string bytes) {
    std::vector<blob::Blob> batch;
    batch.push_back({.key = key, .bytes = blob::Bytes(std::move(bytes))});
    support::Must(Run(nodes_.store(node).Put(std::move(batch), Soon())));
  }
  Result<std::string> Read(const blob::BlobKey& key, Deadline deadline = Soon()) {
    TT_ASSIGN_OR_RETURN(const blob::Bytes bytes, Run(store_.GetWhole(key, deadline)));
    return bytes.Flatten();
  }
  // The nodes that keep `key`, the one that is asked first in front.
  std::vector<std::size_t> ReplicasOf(const blob::BlobKey& key) const {
    const auto replicas = founded_.table.replicas(placement::SlotOf(key));
    std::vector<std::size_t> nodes;
    for (const auto index : replicas) {
      for (std::size_t node = 0; node < founded_.members.size(); ++node) {
        if (founded_.members[index].id == FakeNodes::IdOf(node)) nodes.push_back(node);
      }
    }
    return nodes;
  }

 private:
  SystemClock clock_;
  coordination::ModelCoordination coordination_{clock_};
  FakeNodes nodes_;
  topology::TopologyStore topologies_;
  topology::TopologyStore other_topologies_{coordination_};
  async::IoPool pool_;
  ClusterBlobStore store_;
  topology::Topology founded_{
      .cluster = *ClusterId::Parse("cluster-000"), .replication = {}, .members = {}, .table = {}};
};

}  // namespace tritontube::replication
