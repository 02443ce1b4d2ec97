#include "services/cluster/founding.h"

#include <gmock/gmock.h>

#include "foundation/async/io_pool.h"
#include "services/cluster/cluster_fixture_test.h"

namespace tritontube::cluster {
namespace {

using testing::HasSubstr;

const std::vector<std::string> kAddresses = {"localhost:8090", "localhost:8091", "localhost:8092"};

class FoundingTest : public testing::Test {
 protected:
  FoundingTest() {
    nodes_.Add(kAddresses[0], NewNode("node-aaaaaa"));
    nodes_.Add(kAddresses[1], NewNode("node-bbbbbb"));
    nodes_.Add(kAddresses[2], NewNode("node-cccccc", 4000));
  }

  Result<std::shared_ptr<const topology::Topology>> Found(std::vector<std::string> addresses) {
    topology::TopologyStore topology(coordination_);
    Founding founding(topology, nodes_, random_,
                      {.etcd = {"localhost:8093"},
                       .initial_nodes = std::move(addresses),
                       .patience = std::chrono::milliseconds(50),
                       .ask_again_after = std::chrono::milliseconds(5)});
    return async::BlockOn(io_.executor(0), founding.Run());
  }

  SystemClock clock_;
  SystemRandom random_;
  coordination::ModelCoordination coordination_{clock_};
  FakeNodes nodes_;
  async::IoPool io_{1};
};

TEST_F(FoundingTest, TheFirstStartFoundsAClusterOfTheNodesThatWereNamed) {
  const auto topology = Found(kAddresses);
  ASSERT_TRUE(topology.has_value()) << topology.error().message();
  EXPECT_EQ((*topology)->epoch, 1U);
  EXPECT_EQ((*topology)->replication, (placement::Replication{.copies = 3, .acks = 2}));
  ASSERT_EQ((*topology)->members.size(), 3U);
  const topology::Member* const large = (*topology)->Find(*NodeId::Parse("node-cccccc"));
  ASSERT_NE(large, nullptr);
  EXPECT_EQ(large->address, kAddresses[2]);
  EXPECT_EQ(large->weight, 4000U);
}

TEST_F(FoundingTest, EveryNodeIsToldThatItIsInTheCluster) {
  const auto topology = Found(kAddresses);
  ASSERT_TRUE(topology.has_value());
  for (const std::string& address : kAddresses) {
    EXPECT_EQ(nodes_.status(address).cluster, (*topology)->cluster);
    EXPECT_EQ(nodes_.status(address).epoch, 1U);
  }
}

TEST_F(FoundingTest, LaterStartsTakeWhatThereIsAndIgnoreTheList) {
  const auto first = Found(kAddresses);
  const auto second = Found({"localhost:1"});
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_EQ(**first, **second);
}

TEST_F(FoundingTest, ANodeThatWasNotToldIsToldByALaterStart) {
  const auto first = Found(kAddresses);
  ASSERT_TRUE(first.has_value());
  nodes_.Add(kAddresses[1], NewNode("node-bbbbbb"));  // As it was before it was told.
  ASSERT_TRUE(Found({}).has_value());
  EXPECT_EQ(nodes_.status(kAddresses[1]).cluster, (*first)->cluster);
}

TEST_F(FoundingTest, ANodeThatCouldNotBeToldIsToldWhenItAnswers) {
  const auto first = Found(kAddresses);
  ASSERT_TRUE(first.has_value());
  FakeNodes later;
  later.Add(kAddresses[0], nodes_.status(kAddresses[0]));
  topology::TopologyStore topology(coordination_);
  Founding founding(
      topology, later, random_,
      {.etcd = {}, .initial_nodes = {}, .welcome_again_after = std::chrono::milliseconds(5)});
  ASSERT_TRUE(async::BlockOn(io_.executor(0), founding.Run()).has_value());
  later.Add(kAddresses[1], NewNode("node-bbbbbb"));
  later.Add(kAddresses[2], NewNode("node-cccccc"));
  async::BlockOn(io_.executor(0), founding.WelcomeTheRest());
  EXPECT_EQ(later.status(kAddresses[2]).cluster, (*first)->cluster);
}

TEST_F(FoundingTest, AMissingNodeIsNamed) {
  const auto topology = Found({kAddresses[0], "localhost:8099"});
  ASSERT_FALSE(topology.has_value());
  EXPECT_EQ(topology.error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(topology.error().message(), HasSubstr("localhost:8099"));
  EXPECT_FALSE(nodes_.status(kAddresses[0]).cluster.has_value());
}

TEST_F(FoundingTest, ANodeOfAnotherClusterIsNamedAndNothingIsFounded) {
  replication::NodeStatus foreign = NewNode("node-bbbbbb");
  foreign.cluster = ClusterId::Parse("cluster-aaa");
  nodes_.Add(kAddresses[1], foreign);
  const auto topology = Found(kAddresses);
  ASSERT_FALSE(topology.has_value());
  EXPECT_EQ(topology.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(topology.error().message(), HasSubstr(kAddresses[1]));
  EXPECT_THAT(topology.error().message(), HasSubstr("cluster-aaa"));
}

TEST_F(FoundingTest, WithoutAClusterAndWithoutNodesItSaysWhatToDo) {
  const auto topology = Found({});
  ASSERT_FALSE(topology.has_value());
  EXPECT_EQ(topology.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(topology.error().message(), HasSubstr("nw"));
}

// Three nodes are met and then told.
class FoundingThatDies : public FoundingTest, public testing::WithParamInterface<int> {};

TEST_P(FoundingThatDies, IsFinishedByTheNextStart) {
  nodes_.LetCallsThrough(GetParam());
  Ignore(Found(kAddresses), "it dies");
  nodes_.LetCallsThrough(std::nullopt);
  const auto topology = Found(kAddresses);
  ASSERT_TRUE(topology.has_value()) << topology.error().message();
  EXPECT_EQ((*topology)->members.size(), kAddresses.size());
  for (const std::string& address : kAddresses) {
    EXPECT_EQ(nodes_.status(address).cluster, (*topology)->cluster);
  }
}

INSTANTIATE_TEST_SUITE_P(AfterCalls, FoundingThatDies, testing::Range(0, 6));

// Whoever dies before the creation has changed nothing.
TEST_F(FoundingTest, AFoundingThatCannotBeRecordedTakesNoNode) {
  coordination_.AddFault(coordination::Call::kCommit,
                         coordination::Fault::Error(ErrorCode::kUnavailable));
  EXPECT_FALSE(Found(kAddresses).has_value());
  for (const std::string& address : kAddresses) {
    EXPECT_FALSE(nodes_.status(address).cluster.has_value());
  }
}

// The answer to the creation is lost: what is there afterwards decides.
TEST_F(FoundingTest, AFoundingWhoseOutcomeIsUnknownFoundsOneCluster) {
  coordination_.AddFault(coordination::Call::kCommit, coordination::Fault::UnknownAfter());
  const auto first = Found(kAddresses);
  const auto second = Found(kAddresses);
  ASSERT_TRUE(first.has_value()) << first.error().message();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ((*first)->cluster, (*second)->cluster);
}

}  // namespace
}  // namespace tritontube::cluster
