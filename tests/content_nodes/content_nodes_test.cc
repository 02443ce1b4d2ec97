#include <memory>
#include <string>
#include <vector>

#include "adapters/storage_client/grpc_node_client.h"
#include "core/blob/conformance_suite.h"
#include "core/coordination/model_coordination.h"
#include "domain/replication/cluster_blob_store.h"
#include "endpoints/storage_rpc/methods.h"
#include "support/memory_blob_store.h"
#include "support/memory_node_record.h"
#include "support/must.h"
#include "transport/rpc/server.h"

namespace tritontube {
namespace {

using support::CodeOf;
using support::Must;

Deadline Soon() { return Deadline::After(std::chrono::seconds(60)); }

// A content node behind its server, with its disk in memory.
struct RunningNode {
  RunningNode(async::IoPool& io, std::size_t number)
      : record({.node = *NodeId::Parse(fmt::format("node-{:06}", number))}),
        server(Must(rpc::Server::Start(io, storage_rpc::StorageMethods(node, "1"), {}))) {}

  topology::Member member() const {
    return {.id = record.state()->node,
            .address = fmt::format("localhost:{}", server->port()),
            .weight = 1000};
  }

  support::MemoryBlobStore store;
  support::MemoryNodeRecord record;
  storage_node::StorageNode node{store, record};
  std::unique_ptr<rpc::Server> server;
};

class RunningCluster final : public blob::StoreUnderTest {
 public:
  explicit RunningCluster(std::size_t node_count) {
    std::vector<topology::Member> members;
    members.reserve(node_count);
    for (std::size_t number = 0; number < node_count; ++number) {
      nodes_.push_back(std::make_unique<RunningNode>(io_, number));
      members.push_back(nodes_.back()->member());
    }
    founded_ = Must(Run(topologies_.Create(
        Must(topology::Found(*ClusterId::Parse("cluster-001"), std::move(members))), Soon())));
    for (std::size_t number = 0; number < node_count; ++number) TakeIn(number);
    store_.Start();
  }
  ~RunningCluster() override {
    async::BlockOn(io_.executor(1), store_.Stop());
    for (std::size_t number = 0; number < nodes_.size(); ++number) StopServer(number);
  }

  // A last copy that comes later is no fault, but the suite is about what is there in the end.
  blob::BlobStore& store() override {
    Run(store_.Settle(Soon()));
    return store_;
  }
  RunningNode& node(std::size_t number) { return *nodes_[number]; }
  void StopServer(std::size_t number) {
    Run(nodes_[number]->server->Stop(Deadline::After(std::chrono::seconds(1))));
  }
  replication::ClusterCounts counts() const { return store_.counts(); }

  // Tells etcd and one node of a newer epoch, and the cluster store of nothing.
  void RaiseEpochOn(std::size_t number) {
    topology::TopologyStore other(coordination_);
    topology::Topology next = *founded_;
    ++next.epoch;
    Must(Run(other.Replace(*founded_, next, Soon())));
    Must(Run(client_.Join(TargetOf(number, next.epoch), {}, Soon())));
  }

  template <typename T>
  T Run(async::Task<T> task) {
    return async::BlockOn(io_.executor(0), std::move(task));
  }
  void Run(async::Task<void> task) { async::BlockOn(io_.executor(0), std::move(task)); }

 private:
  replication::Target TargetOf(std::size_t number, topology::Epoch epoch) const {
    const topology::Member member = nodes_[number]->member();
    return {
        .cluster = founded_->cluster, .node = member.id, .address = member.address, .epoch = epoch};
  }
  void TakeIn(std::size_t number) {
    Must(Run(client_.Join(TargetOf(number, founded_->epoch), {"localhost:2379"}, Soon())));
    nodes_[number]->node.SetRegistered();
  }

  SystemClock clock_;
  coordination::ModelCoordination coordination_{clock_};
  topology::TopologyStore topologies_{coordination_};
  async::IoPool io_{3};
  std::vector<std::unique_ptr<RunningNode>> nodes_;
  std::shared_ptr<const topology::Topology> founded_;
  storage_client::GrpcNodeClient client_;
  replication::ClusterBlobStore store_{client_, topologies_, clock_, io_.executor(1)};
};

blob::BlobKey Key(std::string file) {
  return {.video = *VideoId::Parse("video-00001"),
          .upload = *UploadId::Parse("uplod-00001"),
          .file = std::move(file)};
}

Result<void> Put(RunningCluster& cluster, const std::string& file) {
  std::vector<blob::Blob> batch;
  batch.push_back({.key = Key(file), .bytes = blob::Bytes(std::string("bytes"))});
  return cluster.Run(cluster.store().Put(std::move(batch), Soon()));
}

Result<std::string> Read(RunningCluster& cluster, const std::string& file) {
  TT_ASSIGN_OR_RETURN(const blob::Bytes bytes,
                      cluster.Run(cluster.store().GetWhole(Key(file), Soon())));
  return bytes.Flatten();
}

TEST(Cluster, StoresAndServesWhileOneOfThreeNodesIsGone) {
  RunningCluster cluster(3);
  Must(Put(cluster, "before"));
  cluster.StopServer(0);
  for (int i = 0; i < 10; ++i) Must(Put(cluster, std::to_string(i)));
  EXPECT_EQ(Must(Read(cluster, "before")), "bytes");
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Must(Read(cluster, std::to_string(i))), "bytes");
  EXPECT_EQ(CodeOf(Read(cluster, "missing")), ErrorCode::kNotFound);
  EXPECT_EQ(cluster.counts().owed, 10U);
}

TEST(Cluster, RefusesToStoreOnOneOfThreeNodesAndServesFromIt) {
  RunningCluster cluster(3);
  Must(Put(cluster, "before"));
  cluster.store();  // Until the last copy is there too.
  cluster.StopServer(0);
  cluster.StopServer(1);
  EXPECT_EQ(CodeOf(Put(cluster, "after")), ErrorCode::kUnavailable);
  EXPECT_EQ(Must(Read(cluster, "before")), "bytes");
  EXPECT_EQ(CodeOf(Read(cluster, "missing")), ErrorCode::kUnavailable);
}

TEST(Cluster, LearnsOfANewEpochFromANodeThatRefuses) {
  RunningCluster cluster(1);
  cluster.RaiseEpochOn(0);
  EXPECT_EQ(CodeOf(Read(cluster, "missing")), ErrorCode::kNotFound);
  EXPECT_EQ(cluster.counts().retried_epochs, 1U);
  Must(Put(cluster, "after"));
  EXPECT_EQ(Must(Read(cluster, "after")), "bytes");
}

}  // namespace

namespace blob {
namespace {

INSTANTIATE_TEST_SUITE_P(Cluster, BlobStoreConformance,
                         testing::Values(ConformanceEngine{
                             .name = "RunningCluster",
                             .make = [] { return std::make_unique<RunningCluster>(3); },
                             .boundaries = {},
                             .batches_are_atomic = false,
                             .writers_race_to_one = false}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace blob
}  // namespace tritontube
