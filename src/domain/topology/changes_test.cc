#include "domain/topology/changes.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "domain/topology/roles.h"
#include "domain/topology/topology_test_values.h"
#include "support/must.h"
#include "support/rounds.h"

namespace tritontube::topology {

namespace {

using support::CodeOf;
using support::Must;
using testing::ElementsAre;

Topology Cluster(int count) { return Must(Found(AnyCluster(), Members(count))); }

Request Adding(int from, int to) {
  Request request;
  for (int i = from; i < to; ++i) {
    request.add.push_back(Members(to)[static_cast<std::size_t>(i)]);
  }
  return request;
}

std::vector<std::string> IdsOf(const Topology& topology) {
  std::vector<std::string> ids;
  ids.reserve(topology.members.size());
  for (const Member& member : topology.members) ids.push_back(member.id.text());
  return ids;
}

void ExpectAtMostOneCopyMoves(const Topology& topology) {
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    const auto before = topology.table.replicas(static_cast<Slot>(slot));
    const auto after = topology.plan->table.replicas(static_cast<Slot>(slot));
    const auto is_new = [&](NodeIndex n) { return std::ranges::find(before, n) == before.end(); };
    const auto is_gone = [&](NodeIndex n) { return std::ranges::find(after, n) == after.end(); };
    ASSERT_LE(std::ranges::count_if(after, is_new), 1) << slot;
    ASSERT_LE(std::ranges::count_if(before, is_gone), 1) << slot;
  }
}

// Every step until the change is over; how many plans it took.
std::size_t Finish(Topology& topology) {
  std::size_t plans = 0;
  while (topology.change) {
    if (!Must(IsPlanNeeded(topology))) {
      topology = Must(Settle(topology));
      continue;
    }
    topology = Must(BeginPlan(topology));
    ++plans;
    ExpectAtMostOneCopyMoves(topology);
    topology = UseNew(topology, {.files = 2, .bytes = 10});
    topology = Must(Settle(topology));
    TT_ASSERT(plans < 20, "it does not end");
  }
  return plans;
}

void ExpectBalanced(const Topology& topology) {
  std::vector<std::size_t> slots(topology.members.size());
  for (const NodeIndex node : topology.table.rows()) ++slots[node];
  const auto [least, most] = std::ranges::minmax(slots);
  EXPECT_LE(most - least, 1U);
}

TEST(Changes, AFourthNodeTakesItsShareInOnePlan) {
  Topology topology = Must(AskFor(Cluster(3), Adding(3, 4)));
  EXPECT_EQ(topology.epoch, 2U);
  EXPECT_EQ(topology.members[3].standing, Standing::kJoining);
  EXPECT_EQ(topology.change->asked, 2U);

  topology = Must(BeginPlan(topology));
  EXPECT_EQ(topology.plan->began, 3U);
  EXPECT_EQ(topology.plan->phase, Phase::kWriteBoth);
  EXPECT_EQ(topology.table, Cluster(3).table) << "the slots are where they were";

  topology = UseNew(topology, {.files = 7, .bytes = 100});
  EXPECT_EQ(topology.epoch, 4U);
  EXPECT_EQ(topology.plan->table, Cluster(3).table);

  topology = Must(Settle(topology));
  EXPECT_EQ(topology.epoch, 5U);
  EXPECT_FALSE(topology.plan || topology.change);
  EXPECT_EQ(topology.members[3].standing, Standing::kMember);
  ASSERT_EQ(topology.past.size(), 1U);
  EXPECT_EQ(topology.past[0].asked, 2U);
  EXPECT_FALSE(topology.past[0].aborted);
  EXPECT_EQ(topology.past[0].moved, (Moved{.files = 7, .bytes = 100}));
  ExpectBalanced(topology);
}

TEST(Changes, TheNumberOfCopiesFollowsTheNumberOfNodes) {
  Topology topology = Cluster(1);
  const auto grow_to = [&](int count) {
    topology = Must(AskFor(topology, Adding(static_cast<int>(topology.members.size()), count)));
    Finish(topology);
    ExpectBalanced(topology);
    return topology.replication;
  };
  EXPECT_EQ(grow_to(2), (placement::Replication{.copies = 2, .acks = 2}));
  EXPECT_EQ(grow_to(3), (placement::Replication{.copies = 3, .acks = 2}));
  EXPECT_EQ(grow_to(5), (placement::Replication{.copies = 3, .acks = 2}));
  const auto remove = [&](std::vector<NodeId> nodes) {
    topology = Must(AskFor(topology, {.add = {}, .remove = std::move(nodes)}));
    Finish(topology);
    ExpectBalanced(topology);
    return topology.replication.copies;
  };
  EXPECT_EQ(remove({AnyNode(0), AnyNode(3)}), 3);
  EXPECT_EQ(remove({AnyNode(4)}), 2);
  EXPECT_EQ(remove({AnyNode(2)}), 1);
  EXPECT_THAT(IdsOf(topology), ElementsAre(AnyNode(1).text()));
}

TEST(Changes, SeveralNodesComeInOnePlan) {
  Topology topology = Must(AskFor(Cluster(5), Adding(5, 7)));
  EXPECT_EQ(Finish(topology), 1U);
  ExpectBalanced(topology);
}

// Their share is more than one copy of every slot.
TEST(Changes, TwoNodesBesideThreeTakeTwoPlans) {
  Topology topology = Must(AskFor(Cluster(3), Adding(3, 5)));
  EXPECT_EQ(Finish(topology), 2U);
  ExpectBalanced(topology);
}

TEST(Changes, FromOneNodeToFiveNoSlotMovesMoreThanOneCopyAtATime) {
  Topology topology = Must(AskFor(Cluster(1), Adding(1, 5)));
  EXPECT_GE(Finish(topology), 3U);
  EXPECT_EQ(topology.replication.copies, 3);
  ExpectBalanced(topology);
  EXPECT_EQ(topology.past[0].moved.files % 2, 0U);
  EXPECT_GE(topology.past[0].moved.files, 6U) << "of all plans together";
}

TEST(Changes, AnyWalkOfChangesEndsBalanced) {
  const auto seeds = support::Rounds{.sanitized = 3, .usual = 12, .thorough = 100}.Count();
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    std::mt19937_64 random(seed);
    Topology topology = Cluster(1 + static_cast<int>(random() % 6));
    int next_node = 100;
    for (int step = 0; step < 6; ++step) {
      Request request;
      for (std::uint64_t i = random() % 3; i > 0; --i) {
        Member member = Members(1)[0];
        member.id = AnyNode(next_node);
        member.address = fmt::format("localhost:{}", next_node++);
        request.add.push_back(std::move(member));
      }
      for (const Member& member : topology.members) {
        if (random() % 4 == 0) request.remove.push_back(member.id);
      }
      const Result<Topology> asked = AskFor(topology, request);
      if (!asked) continue;
      topology = *asked;
      Finish(topology);
      SCOPED_TRACE(fmt::format("seed {}, step {}", seed, step));
      ExpectBalanced(topology);
      EXPECT_EQ(topology.replication, placement::ReplicationFor(topology.members.size()));
    }
  }
}

TEST(Changes, WhoLeavesIsGoneWhenItKeepsNothingAnyMore) {
  Topology topology = Must(AskFor(Cluster(5), {.add = {}, .remove = {AnyNode(1), AnyNode(3)}}));
  EXPECT_EQ(topology.members.size(), 5U);
  Finish(topology);
  EXPECT_THAT(IdsOf(topology),
              ElementsAre(AnyNode(0).text(), AnyNode(2).text(), AnyNode(4).text()));
}

TEST(Changes, AnAbortedPlanLeavesTheSlotsWhereTheyWere) {
  const Topology before = Cluster(3);
  const Topology planned = Must(BeginPlan(Must(AskFor(before, Adding(3, 4)))));
  const Topology after = Must(Abort(planned, "localhost:9003 is silent"));
  EXPECT_EQ(after.epoch, planned.epoch + 1);
  EXPECT_EQ(after.members, before.members);
  EXPECT_EQ(after.table, before.table);
  EXPECT_FALSE(after.plan || after.change);
  EXPECT_TRUE(after.past[0].aborted);
  EXPECT_EQ(after.past[0].reason, "localhost:9003 is silent");
}

// What a topology tells of those who were given up: who, and how often.
std::vector<std::string> GoneOf(const Topology& topology) {
  std::vector<std::string> gone;
  gone.reserve(topology.given_up.size());
  for (const GivenUp& node : topology.given_up) {
    gone.push_back(fmt::format("{} at {}: {}", node.id.text(), node.address, node.times));
  }
  return gone;
}

// Goes and comes without anybody asking, until the change is over.
Topology Without(const Topology& topology, int node) {
  Topology next = Must(AskFor(topology, {.remove = {AnyNode(node)}, .by_itself = true}));
  Finish(next);
  return next;
}
Topology WithAgain(const Topology& topology, int node) {
  Request request = Adding(node, node + 1);
  request.by_itself = true;
  Topology next = Must(AskFor(topology, request));
  Finish(next);
  return next;
}

TEST(Changes, WhoGoesUnaskedIsRememberedWithHowOftenItWent) {
  const Topology once = Without(Cluster(4), 3);
  EXPECT_THAT(GoneOf(once), ElementsAre("node-000003 at localhost:9003: 1"));
  const Topology back = WithAgain(once, 3);
  EXPECT_EQ(GoneOf(back), GoneOf(once)) << "it may go again";
  EXPECT_THAT(GoneOf(Without(back, 3)), ElementsAre("node-000003 at localhost:9003: 2"));
}

TEST(Changes, WhoComesUnaskedAndDoesNotStayHasGoneOnceMore) {
  Request request = Adding(3, 4);
  request.by_itself = true;
  const Topology gone = Without(Cluster(4), 3);
  const Topology coming = Must(BeginPlan(Must(AskFor(gone, request))));
  EXPECT_THAT(GoneOf(Must(Abort(coming, "silent"))),
              ElementsAre("node-000003 at localhost:9003: 2"));
}

TEST(Changes, WhoDoesNotGoAfterAllIsNotRemembered) {
  const Topology leaving = Must(AskFor(Cluster(4), {.remove = {AnyNode(3)}, .by_itself = true}));
  EXPECT_THAT(GoneOf(Must(Abort(leaving, "an operator has aborted it"))), ElementsAre());
}

TEST(Changes, WhatAnOperatorAsksForMakesForgetThatANodeWasGivenUp) {
  const Topology gone = Without(Cluster(4), 3);
  const Topology added = Must(AskFor(gone, Adding(3, 4)));
  EXPECT_THAT(GoneOf(added), ElementsAre());
  const Topology back = WithAgain(gone, 3);
  EXPECT_THAT(GoneOf(Must(AskFor(back, {.add = {}, .remove = {AnyNode(3)}}))), ElementsAre());
  Topology removed = Must(AskFor(gone, {.add = {}, .remove = {AnyNode(3)}}));
  EXPECT_EQ(Finish(removed), 0U) << "it is no member, so nothing moves";
  EXPECT_THAT(GoneOf(removed), ElementsAre());
  EXPECT_EQ(CodeOf(AskFor(removed, {.add = {}, .remove = {AnyNode(3)}})),
            ErrorCode::kInvalidArgument);
}

TEST(Changes, SoManyThatWereGivenUpAreRememberedTheLastOnes) {
  Topology topology = Cluster(3);
  for (int i = 0; i < static_cast<int>(kGivenUpMax); ++i) {
    topology.given_up.push_back({.id = AnyNode(100 + i), .address = "x:1"});
  }
  topology = Without(topology, 2);
  EXPECT_EQ(topology.given_up.size(), kGivenUpMax);
  EXPECT_EQ(topology.FindGivenUp(AnyNode(100)), nullptr);
  EXPECT_EQ(topology.given_up.back().id, AnyNode(2));
}

TEST(Changes, HowTheLastEightEndedIsKnown) {
  Topology topology = Cluster(3);
  std::vector<Epoch> asked;
  for (std::size_t i = 0; i <= kPastChangesMax; ++i) {
    topology = Must(AskFor(topology, Adding(3, 4)));
    asked.push_back(topology.change->asked);
    topology = Must(Abort(topology, std::to_string(i)));
  }
  EXPECT_EQ(topology.past.size(), kPastChangesMax);
  EXPECT_EQ(topology.past[0].reason, "8");
  ASSERT_NE(topology.FindPast(asked[1]), nullptr);
  EXPECT_EQ(topology.FindPast(asked[1])->reason, "1");
  EXPECT_EQ(topology.FindPast(asked[0]), nullptr) << "too long ago";
}

TEST(Changes, AbortedBetweenTwoPlansWhoKeepsSlotsStays) {
  Topology topology = Must(AskFor(Cluster(1), Adding(1, 5)));
  topology = Must(Settle(UseNew(Must(BeginPlan(topology)), {})));
  ASSERT_TRUE(topology.change && !topology.plan);
  topology = Must(Abort(topology, "enough"));
  EXPECT_EQ(topology.members.size(), 5U) << "each has a part of the second copies";
  EXPECT_EQ(topology.replication.copies, 2);
}

TEST(Changes, ThereIsNoWayBackOnceTheNewNodesAreInUse) {
  const Topology planned = Must(BeginPlan(Must(AskFor(Cluster(3), Adding(3, 4)))));
  EXPECT_EQ(CodeOf(Abort(UseNew(planned, {}), "")), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(CodeOf(Abort(Cluster(3), "")), ErrorCode::kFailedPrecondition);
}

TEST(Changes, WhatCouldNeverBeIsRefused) {
  const Topology three = Cluster(3);
  EXPECT_EQ(CodeOf(AskFor(three, Adding(2, 3))), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(AskFor(three, {.add = {}, .remove = {AnyNode(9)}})),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(AskFor(Cluster(1), {.add = {}, .remove = {AnyNode(0)}})),
            ErrorCode::kInvalidArgument);
  const Topology asked = Must(AskFor(three, Adding(3, 4)));
  EXPECT_EQ(CodeOf(AskFor(asked, Adding(4, 5))), ErrorCode::kFailedPrecondition);
}

TEST(Changes, TheCostIsWhatThePlansWillMove) {
  const Topology four = Must(AskFor(Cluster(3), Adding(3, 4)));
  const Travels one = Must(TravelsOf(four));
  EXPECT_EQ(one.plans, 1U);
  EXPECT_THAT(one.copies_to, ElementsAre(0, 0, 0, 3 * placement::kSlotCount / 4));

  const Topology gone = Must(AskFor(Cluster(4), {.add = {}, .remove = {AnyNode(2)}}));
  const Travels other = Must(TravelsOf(gone));
  EXPECT_THAT(other.copies_to, ElementsAre(1024, 1024, 0, 1024));

  const Travels fewer =
      Must(TravelsOf(Must(AskFor(Cluster(3), {.add = {}, .remove = {AnyNode(0)}}))));
  EXPECT_THAT(fewer.copies_to, ElementsAre(0, 0, 0));
}

TEST(Changes, AMemberIsCompleteAgainUnderAnEpochOfItsOwn) {
  Topology topology = Cluster(3);
  topology.members[1].incomplete = true;
  const Topology after = Must(MarkComplete(topology, AnyNode(1)));
  EXPECT_EQ(after.epoch, 2U);
  EXPECT_FALSE(after.members[1].incomplete);
  EXPECT_EQ(CodeOf(MarkComplete(after, AnyNode(1))), ErrorCode::kFailedPrecondition);
}

}  // namespace

}  // namespace tritontube::topology
