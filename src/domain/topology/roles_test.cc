#include "domain/topology/roles.h"

#include <gmock/gmock.h>

#include "domain/topology/changes.h"
#include "domain/topology/topology_test_values.h"
#include "support/must.h"

namespace tritontube::topology {

namespace {

using support::Must;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Topology WithPlan(int before, int added, int removed) {
  const std::vector<Member> members = Members(before + added);
  const Topology topology = Must(Found(AnyCluster(), Members(before)));
  Request request;
  request.add.assign(members.begin() + before, members.end());
  for (int i = 0; i < removed; ++i) request.remove.push_back(AnyNode(i));
  return Must(BeginPlan(Must(AskFor(topology, request))));
}

// A slot that the plan moves, and one that it does not.
std::pair<Slot, Slot> MovingAndResting(const Topology& topology) {
  std::optional<Slot> moving;
  std::optional<Slot> resting;
  for (std::size_t i = 0; i < placement::kSlotCount; ++i) {
    const auto slot = static_cast<Slot>(i);
    (SetsOf(topology, slot).size() == 2 ? moving : resting) = slot;
  }
  return {moving.value(), resting.value()};
}

TEST(BeginningAnew, IsForThoseOfWhomTheOthersHaveEverything) {
  const Topology one = Must(Found(AnyCluster(), Members(1)));
  EXPECT_FALSE(MayBeginAnew(one, one.members[0].id)) << "there is no other copy";
  Topology three = Must(Found(AnyCluster(), Members(3)));
  EXPECT_TRUE(MayBeginAnew(three, three.members[0].id));
  three.members[0].incomplete = true;
  EXPECT_TRUE(MayBeginAnew(three, three.members[0].id)) << "again";
  EXPECT_FALSE(MayBeginAnew(three, three.members[1].id)) << "the first one waits for it";
  EXPECT_TRUE(MayBeginAnew(one, three.members[1].id)) << "it is no member";
}

TEST(Roles, OneSetKeepsASlotThatDoesNotMove) {
  const Topology topology = Must(Found(AnyCluster(), Members(3)));
  EXPECT_THAT(SetsOf(topology, 7), SizeIs(1));
  EXPECT_THAT(KeepersOf(topology, 7), SizeIs(3));
  EXPECT_THAT(DestinationsOf(topology), IsEmpty());
}

TEST(Roles, TwoSetsKeepASlotWhileItMoves) {
  const Topology topology = WithPlan(3, 1, 0);
  const auto [moving, resting] = MovingAndResting(topology);
  EXPECT_THAT(KeepersOf(topology, moving), SizeIs(4));
  EXPECT_EQ(KeepersOf(topology, moving).back(), 3);
  EXPECT_THAT(KeepersOf(topology, resting), SizeIs(3));
  EXPECT_TRUE(IsKeeper(topology, moving, 3));
  EXPECT_FALSE(IsKeeper(topology, resting, 3));
}

TEST(Roles, WhoIsNewToASlotPullsItAndDeniesNothing) {
  const Topology topology = WithPlan(3, 1, 0);
  const auto [moving, resting] = MovingAndResting(topology);
  EXPECT_TRUE(HasToPull(topology, moving, 3));
  EXPECT_FALSE(MayDeny(topology, moving, 3));
  for (NodeIndex old = 0; old < 3; ++old) {
    EXPECT_FALSE(HasToPull(topology, moving, old));
    EXPECT_TRUE(MayDeny(topology, moving, old));
  }
  EXPECT_FALSE(HasToPull(topology, resting, 3));
  EXPECT_THAT(DestinationsOf(topology), ElementsAre(3));
}

TEST(Roles, EverybodyWhoStaysPullsWhenFewerCopiesAreKept) {
  const Topology topology = WithPlan(3, 0, 1);
  EXPECT_EQ(topology.plan->replication, (placement::Replication{.copies = 2, .acks = 2}));
  EXPECT_THAT(DestinationsOf(topology), ElementsAre(1, 2));
  EXPECT_TRUE(MayDeny(topology, 0, 1));
}

TEST(Roles, EverybodyPullsWhenMoreCopiesMustHaveAPut) {
  EXPECT_THAT(DestinationsOf(WithPlan(1, 1, 0)), ElementsAre(0, 1));
  EXPECT_THAT(DestinationsOf(WithPlan(2, 1, 0)), ElementsAre(2));
}

TEST(Roles, NobodyPullsOnceTheNewNodesAreInUse) {
  const Topology topology = UseNew(WithPlan(3, 1, 0), {});
  EXPECT_THAT(DestinationsOf(topology), IsEmpty());
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    EXPECT_THAT(SetsOf(topology, static_cast<Slot>(slot)), SizeIs(1));
  }
}

TEST(Roles, AnIncompleteMemberDeniesNothing) {
  Topology topology = Must(Found(AnyCluster(), Members(3)));
  topology.members[1].incomplete = true;
  EXPECT_TRUE(MayDeny(topology, 0, 0));
  EXPECT_FALSE(MayDeny(topology, 0, 1));
}

}  // namespace

}  // namespace tritontube::topology
