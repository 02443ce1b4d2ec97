#include "domain/topology/topology.h"

#include <gmock/gmock.h>

#include "domain/topology/topology_test_values.h"
#include "support/must.h"

namespace tritontube::topology {

namespace {

using support::CodeOf;

TEST(Found, MakesTheFirstEpochWithAsManyCopiesAsTheNodesAllow) {
  for (const auto& [count, copies] : {std::pair{1, 1}, {2, 2}, {3, 3}, {5, 3}}) {
    const Topology topology = support::Must(Found(AnyCluster(), Members(count)));
    EXPECT_EQ(topology.cluster, AnyCluster());
    EXPECT_EQ(topology.epoch, 1U);
    EXPECT_EQ(topology.members, Members(count));
    EXPECT_EQ(topology.replication, placement::ReplicationFor(static_cast<std::size_t>(count)));
    EXPECT_EQ(topology.table.copies(), copies);
  }
}

TEST(Found, FollowsTheWeightsAndZonesOfTheMembers) {
  std::vector<Member> members = Members(4);
  members[0].zone = "a";
  members[1].zone = "b";
  members[2].zone = members[3].zone = "c";
  members[2].weight = 3;
  const Topology topology = support::Must(Found(AnyCluster(), members));
  std::vector<int> counts(4);
  for (const auto node : topology.table.rows()) ++counts[node];
  EXPECT_THAT(counts, testing::ElementsAre(4096, 4096, 3072, 1024));
}

TEST(Found, RefusesWhatIsNoCluster) {
  EXPECT_EQ(CodeOf(Found(AnyCluster(), {})), ErrorCode::kInvalidArgument);
  const auto code_of = [](auto change) {
    std::vector<Member> members = Members(3);
    change(members);
    return CodeOf(Found(AnyCluster(), members));
  };
  EXPECT_EQ(code_of([](auto& members) { members[2].id = members[0].id; }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](auto& members) { members[2].address = members[0].address; }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](auto& members) { members[2].address = ""; }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](auto& members) { members[2].address = std::string(256, 'a'); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](auto& members) { members[2].zone = std::string(65, 'z'); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([](auto& members) { members[2].weight = 0; }), ErrorCode::kInvalidArgument);
}

TEST(Topology, FindsAMemberByItsId) {
  const Topology topology = support::Must(Found(AnyCluster(), Members(3)));
  EXPECT_EQ(topology.Find(AnyNode(1)), &topology.members[1]);
  EXPECT_EQ(topology.Find(AnyNode(9)), nullptr);
}

}  // namespace

}  // namespace tritontube::topology
