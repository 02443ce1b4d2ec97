#include "services/cluster/replicated_view.h"

#include <gmock/gmock.h>

#include "domain/topology/changes.h"
#include "foundation/async/io_pool.h"
#include "services/cluster/cluster_fixture_test.h"

namespace tritontube::cluster {
namespace {

using testing::HasSubstr;

class ReplicatedViewTest : public testing::Test {
 protected:
  ReplicatedViewTest() {
    const ClusterId cluster = *ClusterId::Parse("cluster-aaa");
    std::vector<topology::Member> members;
    for (const char* const name : {"a", "b", "c"}) {
      const NodeId id = *NodeId::Parse(std::string("node-00000") + name);
      const std::string address = std::string(name) + ":8090";
      members.push_back({.id = id, .address = address, .zone = "cellar", .weight = 1});
      replication::NodeStatus status = NewNode(id.text());
      status.cluster = cluster;
      nodes_.Add(address, std::move(status));
    }
    store_.Offer(
        std::make_shared<topology::Topology>(topology::Found(cluster, std::move(members)).value()));
  }

  ClusterStatus Look() {
    const ReplicatedView view(store_, nodes_);
    return async::BlockOn(io_.executor(0), view.Look(Deadline::After(std::chrono::seconds(10))))
        .value();
  }

  SystemClock clock_;
  coordination::ModelCoordination coordination_{clock_};
  topology::TopologyStore store_{coordination_};
  FakeNodes nodes_;
  async::IoPool io_{1};
};

TEST_F(ReplicatedViewTest, ShowsEveryNodeWithItsSlotsAndItsSpace) {
  const ClusterStatus status = Look();
  ASSERT_EQ(status.nodes.size(), 3U);
  for (const NodeView& node : status.nodes) {
    EXPECT_EQ(node.state, NodeView::State::kUp);
    EXPECT_EQ(node.slots, placement::kSlotCount);
    ASSERT_TRUE(node.store.has_value());
    EXPECT_EQ(node.store->free_bytes, 5U);
  }
  EXPECT_EQ(status.nodes[1].address, "b:8090");
  EXPECT_EQ(status.nodes[1].zone, "cellar");
  EXPECT_DOUBLE_EQ(status.balance, 1.0);
}

TEST_F(ReplicatedViewTest, ANodeThatDoesNotAnswerIsDownAndSaysWhy) {
  FakeNodes two;
  two.Add("a:8090", nodes_.status("a:8090"));
  const ReplicatedView view(store_, two);
  const auto status =
      async::BlockOn(io_.executor(0), view.Look(Deadline::After(std::chrono::seconds(10))));
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->nodes[0].state, NodeView::State::kUp);
  EXPECT_EQ(status->nodes[1].state, NodeView::State::kDown);
  EXPECT_EQ(status->nodes[1].reason, "connection refused");
  EXPECT_FALSE(status->nodes[1].store.has_value());
}

TEST_F(ReplicatedViewTest, AnotherNodeAtTheAddressOfAMemberIsNotTheMember) {
  replication::NodeStatus stranger = NewNode("node-xxxxxx");
  nodes_.Add("b:8090", stranger);
  const NodeView replaced = Look().nodes[1];
  EXPECT_EQ(replaced.state, NodeView::State::kDown);
  EXPECT_THAT(replaced.reason, HasSubstr("node-xxxxxx, answers there"));
  EXPECT_THAT(replaced.reason, HasSubstr("--dead"));

  stranger.cluster = ClusterId::Parse("cluster-ccc");
  nodes_.Add("b:8090", stranger);
  const NodeView foreign = Look().nodes[1];
  EXPECT_EQ(foreign.state, NodeView::State::kDown);
  EXPECT_THAT(foreign.reason, HasSubstr("of another cluster, cluster-ccc"));
}

TEST_F(ReplicatedViewTest, AMemberThatHasForgottenItsClusterIsDown) {
  replication::NodeStatus forgetful = nodes_.status("b:8090");
  forgetful.cluster.reset();
  nodes_.Add("b:8090", forgetful);
  EXPECT_EQ(Look().nodes[1].state, NodeView::State::kDown);
}

TEST_F(ReplicatedViewTest, ANodeThatHasMissedSomethingIsIncomplete) {
  replication::NodeStatus behind = nodes_.status("c:8090");
  behind.incomplete = true;
  nodes_.Add("c:8090", behind);
  EXPECT_EQ(Look().nodes[2].state, NodeView::State::kIncomplete);
}

TEST_F(ReplicatedViewTest, ShowsHowFarAPlanIsByWhatTheNodesSay) {
  const topology::Request request{
      .add = {{.id = *NodeId::Parse("node-00000d"), .address = "d:8090", .zone = "cellar"}},
      .remove = {}};
  const auto planned =
      topology::BeginPlan(topology::AskFor(*store_.snapshot(), request).value()).value();
  replication::NodeStatus joining = NewNode("node-00000d");
  joining.cluster = planned.cluster;
  joining.pulling = replication::PullProgress{.plan = planned.plan->began,
                                              .slots = 3072,
                                              .slots_done = 768,
                                              .moved = {.files = 2, .bytes = 1}};
  nodes_.Add("d:8090", std::move(joining));
  store_.Offer(std::make_shared<topology::Topology>(planned));
  const ClusterStatus status = Look();
  ASSERT_TRUE(status.change.has_value());
  EXPECT_EQ(status.change->phase, topology::Phase::kWriteBoth);
  EXPECT_EQ(status.change->moved.files, 2U);
  EXPECT_DOUBLE_EQ(status.change->plan_progress, 0.25);
  EXPECT_EQ(status.change->plan_bytes, 7U) << "a quarter of three times ten";
  EXPECT_EQ(status.nodes[3].standing, topology::Standing::kJoining);
  EXPECT_EQ(status.nodes[3].slots_coming, 3072U);
}

TEST_F(ReplicatedViewTest, ShowsWhoWasGivenUpUnlessItIsBack) {
  topology::Topology next = *store_.snapshot();
  ++next.epoch;
  next.given_up = {{.id = *NodeId::Parse("node-00000d"), .address = "d:8090"},
                   {.id = next.members[0].id, .address = next.members[0].address}};
  store_.Offer(std::make_shared<topology::Topology>(next));
  const ClusterStatus status = Look();
  ASSERT_EQ(status.given_up.size(), 1U);
  EXPECT_EQ(status.given_up[0].address, "d:8090");
}

TEST_F(ReplicatedViewTest, WithoutATopologyThereIsNothingToShow) {
  const topology::TopologyStore none(coordination_);
  const ReplicatedView view(none, nodes_);
  const auto status =
      async::BlockOn(io_.executor(0), view.Look(Deadline::After(std::chrono::seconds(10))));
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tritontube::cluster
