#include "etcd_test_support.h"

#include <gtest/gtest.h>

#include "core/coordination/conformance_suite.h"
#include "etcd/etcd.pb.h"
#include "transport/rpc/channel.h"
#include "transport/rpc/payload_message.h"

namespace tritontube::etcd {

namespace {

std::unique_ptr<support::EtcdCluster> shared_cluster;

// Ends the cluster before the program's static objects end.
class ClusterEnd final : public testing::Environment {
 public:
  void TearDown() override { shared_cluster.reset(); }
};

testing::Environment* const kClusterEnd = testing::AddGlobalTestEnvironment(new ClusterEnd);

}  // namespace

support::EtcdCluster& SharedCluster() {
  if (!shared_cluster) shared_cluster = std::make_unique<support::EtcdCluster>();
  return *shared_cluster;
}

std::unique_ptr<EtcdCoordination> OpenFresh() {
  static int count = 0;
  const async::IoPool io(1);
  return coordination::Must(async::BlockOn(
      io.executor(0), EtcdCoordination::Open({.endpoints = SharedCluster().endpoints(),
                                              .prefix = fmt::format("test-{}/", ++count)},
                                             coordination::Soon())));
}

async::Task<void> Compact(coordination::Coordination& engine) {
  etcdserverpb::CompactionRequest request;
  request.set_revision(co_await coordination::Now(engine));
  // Where the engine watches, unless a test has driven it away; elsewhere it happens a bit later.
  rpc::Channel member(SharedCluster().endpoint(0));
  coordination::Must(co_await member.Call("/etcdserverpb.KV/Compact", rpc::ToBytes(request),
                                          coordination::Soon()));
}

}  // namespace tritontube::etcd
