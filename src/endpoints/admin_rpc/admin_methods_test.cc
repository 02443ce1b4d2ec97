#include "endpoints/admin_rpc/admin_methods.h"

#include <gmock/gmock.h>

#include "services/cluster/cluster_fixture_test.h"
#include "services/cluster/single_machine.h"
#include "support/platform.h"
#include "transport/rpc/channel.h"
#include "transport/rpc/payload_message.h"
#include "tritontube/admin.pb.h"
#include "tritontube/v1/admin.pb.h"

namespace tritontube::admin_rpc {
namespace {

// Through a real server, as the original's client does it.
class AdminMethodsTest : public support::Platform {
 protected:
  template <typename Response>
  Result<Response> Call(std::string_view method) {
    return Call<Response>(method, ListNodesRequest());
  }
  template <typename Response, typename Request>
  Result<Response> Call(std::string_view method, const Request& request) {
    rpc::Channel channel(fmt::format("localhost:{}", server_->port()));
    TT_ASSIGN_OR_RETURN(const blob::Bytes answer,
                        Value(channel.Call(std::string(method), rpc::ToBytes(request),
                                           Deadline::After(std::chrono::seconds(30)))));
    return rpc::ParseMessage<Response>(answer);
  }
  // A cluster of one node, and another one that waits beside it.
  void Found() {
    const ClusterId id = *ClusterId::Parse("cluster-aaa");
    std::vector<topology::Member> members;
    members.push_back({.id = *NodeId::Parse("node-aaaaaa"), .address = "localhost:8090"});
    ASSERT_TRUE(Value(topology_.Create(topology::Found(id, std::move(members)).value(),
                                       Deadline::After(std::chrono::seconds(30))))
                    .has_value());
    for (const auto& [name, port] : {std::pair("node-aaaaaa", 8090), {"node-bbbbbb", 8091}}) {
      replication::NodeStatus status = cluster::NewNode(name);
      status.store.free_bytes = status.store.capacity_bytes;
      nodes_.Add(fmt::format("localhost:{}", port), std::move(status));
    }
  }
  void TearDown() override { EXPECT_TRUE(Value(Stopped()).has_value()); }

  topology::TopologyStore topology_{coordination_};
  cluster::SingleMachine view_{store_};
  cluster::Reporter reporter_{view_, store_, jobs_, coordination_};
  cluster::FakeNodes nodes_;
  cluster::Administration administration_{topology_, nodes_, {.etcd = {}}};
  verification::NamedFiles named_files_{catalog_, store_};
  async::IoPool rpc_io_{1};
  std::unique_ptr<rpc::Server> server_ =
      rpc::Server::Start(rpc_io_, AdminMethods(topology_, reporter_, administration_, named_files_),
                         {})
          .value();

 private:
  async::Task<Result<void>> Stopped() {
    co_await server_->Stop(Deadline::After(std::chrono::seconds(5)));
    co_return Result<void>();
  }
};

TEST_F(AdminMethodsTest, ListsTheAddressesOfTheNodesAsTheyWereGiven) {
  std::vector<topology::Member> members;
  members.push_back({.id = *NodeId::Parse("node-bbbbbb"), .address = "localhost:8091"});
  members.push_back({.id = *NodeId::Parse("node-aaaaaa"), .address = "localhost:8090"});
  topology_.Offer(std::make_shared<topology::Topology>(
      topology::Found(*ClusterId::Parse("cluster-aaa"), std::move(members)).value()));
  const auto nodes = Call<ListNodesResponse>(kListNodes);
  ASSERT_TRUE(nodes.has_value()) << nodes.error().message();
  EXPECT_THAT(nodes->nodes(), testing::UnorderedElementsAre("localhost:8090", "localhost:8091"));
}

TEST_F(AdminMethodsTest, WithoutATopologyThereIsNothingToList) {
  const auto nodes = Call<ListNodesResponse>(kListNodes);
  ASSERT_FALSE(nodes.has_value());
  EXPECT_EQ(nodes.error().code(), ErrorCode::kUnavailable);
}

TEST_F(AdminMethodsTest, StatusIsTheDocumentOfTheApi) {
  const auto status = Call<v1::ClusterStatusResponse>(kStatus);
  ASSERT_TRUE(status.has_value()) << status.error().message();
  const auto expected = Value(reporter_.Report(Deadline::After(std::chrono::seconds(30))));
  ASSERT_TRUE(expected.has_value());
  EXPECT_EQ(nlohmann::json::parse(status->json(), nullptr, false)["nodes"].size(), 1U);
  EXPECT_EQ(nlohmann::json::parse(status->json(), nullptr, false)["jobs"], (*expected)["jobs"]);
}

TEST_F(AdminMethodsTest, AChangeIsAskedForAndGivenUp) {
  Found();
  v1::ChangeRequest request;
  request.add_add("localhost:8091");
  const auto estimate = Call<v1::EstimateResponse>(kEstimate, request);
  ASSERT_TRUE(estimate.has_value()) << estimate.error().message();
  EXPECT_EQ(estimate->plans(), 1U);
  const auto change = Call<v1::ChangeResponse>(kChange, request);
  ASSERT_TRUE(change.has_value()) << change.error().message();
  EXPECT_EQ(change->change(), topology_.snapshot()->change->asked);
  ASSERT_TRUE(Call<v1::AbortResponse>(kAbort).has_value());
  EXPECT_TRUE(topology_.snapshot()->past[0].aborted);
}

TEST_F(AdminMethodsTest, WhatIsNoAddressIsRefused) {
  Found();
  v1::ChangeRequest request;
  request.add_add("not an address");
  EXPECT_EQ(Call<v1::ChangeResponse>(kChange, request).error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(AdminMethodsTest, TheOriginalsClientIsToldWhyANodeIsNotAdded) {
  Found();
  AddNodeRequest request;
  request.set_node_address("localhost:8092");
  const auto added = Call<AddNodeResponse>(kAddNode, request);
  ASSERT_FALSE(added.has_value());
  EXPECT_THAT(added.error().message(), testing::HasSubstr("start it first"));
  RemoveNodeRequest removal;
  removal.set_node_address("localhost:8090");
  EXPECT_THAT(Call<RemoveNodeResponse>(kRemoveNode, removal).error().message(),
              testing::HasSubstr("the last content node"));
}

TEST_F(AdminMethodsTest, UpkeepIsAskedOfTheNodesThatAreNamedOrOfAll) {
  Found();
  const auto all = Call<v1::UpkeepNodesResponse>(kUpkeep, v1::UpkeepNodesRequest());
  ASSERT_TRUE(all.has_value()) << all.error().message();
  ASSERT_EQ(all->nodes_size(), 1);
  EXPECT_EQ(all->nodes(0).address(), "localhost:8090");
  EXPECT_EQ(all->nodes(0).asked(), 1U);
  v1::UpkeepNodesRequest request;
  request.add_nodes("node-aaaaaa");
  EXPECT_EQ(Call<v1::UpkeepNodesResponse>(kUpkeep, request)->nodes(0).asked(), 2U);
  request.add_nodes("localhost:1");
  EXPECT_EQ(Call<v1::UpkeepNodesResponse>(kUpkeep, request).error().code(),
            ErrorCode::kInvalidArgument);
}

TEST_F(AdminMethodsTest, WhatTheRowsNameIsLookedAtFromWhereItIsTold) {
  const auto page = Call<v1::CheckNamedResponse>(kCheckNamed, v1::CheckNamedRequest());
  ASSERT_TRUE(page.has_value()) << page.error().message();
  EXPECT_FALSE(page->more());
  v1::CheckNamedRequest request;
  request.mutable_after()->set_video("../../etc");
  EXPECT_EQ(Call<v1::CheckNamedResponse>(kCheckNamed, request).error().code(),
            ErrorCode::kInvalidArgument);
}

}  // namespace
}  // namespace tritontube::admin_rpc
