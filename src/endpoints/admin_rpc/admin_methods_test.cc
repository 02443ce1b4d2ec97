#include "endpoints/admin_rpc/admin_methods.h"

#include <gmock/gmock.h>

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
    rpc::Channel channel(fmt::format("localhost:{}", server_->port()));
    TT_ASSIGN_OR_RETURN(
        const blob::Bytes answer,
        Value(channel.Call(std::string(method), {}, Deadline::After(std::chrono::seconds(30)))));
    return rpc::ParseMessage<Response>(answer);
  }
  void TearDown() override { EXPECT_TRUE(Value(Stopped()).has_value()); }

  topology::TopologyStore topology_{coordination_};
  cluster::SingleMachine view_{store_};
  cluster::Reporter reporter_{view_, store_, jobs_};
  async::IoPool rpc_io_{1};
  std::unique_ptr<rpc::Server> server_ =
      rpc::Server::Start(rpc_io_, AdminMethods(topology_, reporter_), {}).value();

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

}  // namespace
}  // namespace tritontube::admin_rpc
