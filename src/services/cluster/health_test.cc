#include "services/cluster/health.h"

#include <gmock/gmock.h>

#include "services/cluster/cluster_view.h"

namespace tritontube::cluster {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

topology::Topology Cluster(int nodes) {
  std::vector<topology::Member> members;
  members.reserve(static_cast<std::size_t>(nodes));
  for (int i = 0; i < nodes; ++i) {
    members.push_back(
        {.id = *NodeId::Parse(fmt::format("node-{:06}", i)), .address = fmt::format("n{}:1", i)});
  }
  return topology::Found(*ClusterId::Parse("cluster-aaa"), std::move(members)).value();
}

ClusterStatus ThreeNodes() {
  ClusterStatus status;
  for (int i = 0; i < 3; ++i) {
    status.nodes.push_back({.address = fmt::format("n{}:1", i),
                            .state = NodeView::State::kUp,
                            .store = blob::StoreStatus{.free_bytes = 50, .capacity_bytes = 100},
                            .upkeep = replication::Upkeep()});
  }
  return status;
}

constexpr Service kWell{.serves = true, .takes = true, .is_whole = true};
constexpr Service kRepaired{.serves = true, .takes = true};
constexpr Service kFull{.serves = true, .is_whole = true};
constexpr Service kDown;

TEST(Health, ACopyThatIsDownOrBeingRepairedIsMissingAndNothingElse) {
  const topology::Topology three = Cluster(3);
  EXPECT_EQ(CountSlots(three, {kWell, kWell, kWell}), SlotCounts());
  const SlotCounts short_only{.short_of_copies = placement::kSlotCount};
  EXPECT_EQ(CountSlots(three, {kWell, kDown, kWell}), short_only);
  EXPECT_EQ(CountSlots(three, {kWell, kRepaired, kWell}), short_only);
}

TEST(Health, NothingCanBeStoredWhereTooFewDisksHaveRoom) {
  const topology::Topology three = Cluster(3);
  EXPECT_EQ(CountSlots(three, {kWell, kFull, kWell}), SlotCounts());
  const SlotCounts read_only{.read_only = placement::kSlotCount};
  EXPECT_EQ(CountSlots(three, {kWell, kFull, kFull}), read_only);
}

TEST(Health, WithTwoOfThreeDownNothingCanBeStoredAndWithAllNothingRead) {
  const topology::Topology three = Cluster(3);
  const SlotCounts one_up = CountSlots(three, {kWell, kDown, kDown});
  EXPECT_EQ(one_up.read_only, placement::kSlotCount);
  EXPECT_EQ(one_up.unreadable, 0U);
  EXPECT_EQ(CountSlots(three, {kDown, kDown, kDown}).unreadable, placement::kSlotCount);
}

TEST(Health, IsOkWhenNothingIsWrong) {
  const Health health = HealthOf(ThreeNodes());
  EXPECT_EQ(health.state, Health::State::kOk);
  EXPECT_THAT(health.reasons, IsEmpty());
}

TEST(Health, ANodeThatIsRepairedIsHealingAndOneThatIsDownIsForSomebodyToLookAt) {
  ClusterStatus status = ThreeNodes();
  status.nodes[1].state = NodeView::State::kIncomplete;
  EXPECT_EQ(HealthOf(status).state, Health::State::kHealing);
  status.nodes[2].state = NodeView::State::kDown;
  status.nodes[2].reason = "connection refused";
  const Health health = HealthOf(status);
  EXPECT_EQ(health.state, Health::State::kDegraded);
  EXPECT_THAT(health.reasons, ElementsAre(HasSubstr("n2:1 is down: connection refused"),
                                          HasSubstr("n1:1 is being repaired")));
}

TEST(Health, WhatCannotBeReadOrStoredComesFirst) {
  ClusterStatus status = ThreeNodes();
  status.nodes[0].state = NodeView::State::kDown;
  status.slot_counts = {.short_of_copies = 9, .read_only = 5, .unreadable = 2};
  const Health health = HealthOf(status);
  EXPECT_EQ(health.state, Health::State::kCritical);
  ASSERT_EQ(health.reasons.size(), 3U);
  EXPECT_THAT(health.reasons[0], HasSubstr("2 slots cannot be read"));
  EXPECT_THAT(health.reasons[1], HasSubstr("nothing can be stored in 5 slots"));
}

TEST(Health, AFullDiskAndDamageThatNobodyCouldHealAreToldWithTheNode) {
  ClusterStatus status = ThreeNodes();
  status.nodes[0].store->read_only = true;
  status.nodes[1].store->free_bytes = 10;
  status.nodes[2].upkeep->damaged = 3;
  const Health health = HealthOf(status);
  EXPECT_EQ(health.state, Health::State::kDegraded);
  EXPECT_THAT(health.reasons, ElementsAre(HasSubstr("n0:1 is full"), HasSubstr("n1:1 is nearly"),
                                          HasSubstr("n2:1 has 3 damaged blobs")));
}

}  // namespace
}  // namespace tritontube::cluster
