#include "domain/migration/pull_schedule.h"

#include <gmock/gmock.h>

#include "domain/topology/changes.h"
#include "domain/topology/topology_test_values.h"
#include "support/must.h"

namespace tritontube::migration {

namespace {

using support::Must;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using topology::AnyCluster;
using topology::AnyNode;
using topology::Members;
using topology::Topology;

Topology Joining(int before) {
  const topology::Request request{.add = {Members(before + 1).back()}, .remove = {}};
  return Must(BeginPlan(Must(AskFor(Must(Found(AnyCluster(), Members(before))), request))));
}

Topology Leaving(int before) {
  const topology::Request request{.add = {}, .remove = {AnyNode(0)}};
  return Must(BeginPlan(Must(AskFor(Must(Found(AnyCluster(), Members(before))), request))));
}

std::size_t SlotsIn(const std::vector<PullSchedule::Pass>& passes) {
  placement::SlotSet all;
  std::size_t count = 0;
  for (const PullSchedule::Pass& pass : passes) {
    all |= pass.slots;
    count += pass.slots.count();
  }
  EXPECT_EQ(all.count(), count) << "a slot is in two passes at once";
  return count;
}

TEST(Wants, AFourthNodePullsItsSlotsFromTwoOfThree) {
  const std::vector<Want> wants = WantsForPlan(Joining(3), 3);
  EXPECT_THAT(wants, SizeIs(3 * placement::kSlotCount / 4));
  EXPECT_THAT(wants.front().sources, SizeIs(3));
  EXPECT_EQ(wants.front().needed, 2U);
}

TEST(Wants, WhoIsIncompleteGivesNothing) {
  Topology topology = Joining(3);
  topology.members[1].incomplete = true;
  const std::vector<Want> wants = WantsForPlan(topology, 3);
  EXPECT_THAT(wants.front().sources, testing::UnorderedElementsAre(0, 2));
  EXPECT_EQ(wants.front().needed, 2U);
}

TEST(Wants, WithFewerCopiesWhoStaysPullsFromEverybodyAndItself) {
  const std::vector<Want> wants = WantsForPlan(Leaving(3), 1);
  EXPECT_THAT(wants, SizeIs(placement::kSlotCount));
  EXPECT_THAT(wants.front().sources, testing::UnorderedElementsAre(0, 1, 2));
}

TEST(Wants, WhoIsGivenUpIsNotWaitedFor) {
  const topology::Request request{
      .add = {}, .remove = {AnyNode(0), AnyNode(1)}, .accepts_loss = true};
  const Topology topology =
      Must(BeginPlan(Must(AskFor(Must(Found(AnyCluster(), Members(3))), request))));
  const std::vector<Want> wants = WantsForPlan(topology, 2);
  EXPECT_THAT(wants, SizeIs(placement::kSlotCount));
  EXPECT_EQ(wants.front().needed, 1U);
  EXPECT_THAT(DestinationsOf(topology), ElementsAre(2));
}

TEST(Wants, WhoIsRepairedWhileAnotherIsGivenUpPullsFromTheOneThatIsLeft) {
  const topology::Request request{.add = {}, .remove = {AnyNode(2)}, .accepts_loss = true};
  Topology topology = Must(AskFor(Must(Found(AnyCluster(), Members(3))), request));
  topology.members[0].incomplete = true;
  const std::vector<Want> wants = WantsForRepair(topology, 0);
  EXPECT_THAT(wants.front().sources, ElementsAre(1));
  EXPECT_EQ(wants.front().needed, 1U);
}

TEST(Wants, AnIncompleteMemberIsRepairedByTheOthers) {
  Topology topology = Must(Found(AnyCluster(), Members(3)));
  topology.members[1].incomplete = true;
  const std::vector<Want> wants = WantsForRepair(topology, 1);
  EXPECT_THAT(wants, SizeIs(placement::kSlotCount));
  EXPECT_THAT(wants.front().sources, testing::UnorderedElementsAre(0, 2));
}

TEST(Wants, WhereSomebodyLeavesWhatIsHereAlreadyIsRead) {
  const auto to_read = [](const Topology& topology, topology::NodeIndex node) {
    return SlotsToRead(topology, WantsForPlan(topology, node));
  };
  EXPECT_EQ(to_read(Leaving(3), 1).count(), placement::kSlotCount);
  EXPECT_EQ(to_read(Leaving(4), 1).count(), WantsForPlan(Leaving(4), 1).size());
  EXPECT_TRUE(to_read(Joining(3), 3).none()) << "nobody leaves";
  Topology dead = Leaving(3);
  dead.change->accepts_loss = true;
  EXPECT_TRUE(to_read(dead, 1).none()) << "nobody has that copy any more";
}

TEST(PullSchedule, EverySourceGivesAPartAtATimeUntilEachSlotHasEnough) {
  PullSchedule schedule(WantsForPlan(Joining(3), 3));
  const auto first = schedule.NextPasses({});
  EXPECT_THAT(first, SizeIs(3));
  EXPECT_EQ(SlotsIn(first), schedule.slots());
  for (const auto& pass : first) schedule.Done(pass);
  EXPECT_EQ(schedule.slots_done(), 0U) << "one source is not enough";

  const auto second = schedule.NextPasses({});
  EXPECT_EQ(SlotsIn(second), schedule.slots());
  for (const auto& pass : second) schedule.Done(pass);
  EXPECT_TRUE(schedule.IsComplete());
  EXPECT_THAT(schedule.NextPasses({}), IsEmpty());
}

TEST(PullSchedule, TheSameSourceTwiceIsStillOne) {
  PullSchedule schedule({{.slot = 5, .sources = {0, 1}, .needed = 2}});
  const auto passes = schedule.NextPasses({});
  schedule.Done(passes[0]);
  schedule.Done(passes[0]);
  EXPECT_FALSE(schedule.IsComplete());
  EXPECT_NE(schedule.NextPasses({})[0].source, passes[0].source);
}

TEST(PullSchedule, WhoHasFailedComesLastAndWhoHasFailedLastBehindTheOthers) {
  const SteadyTime early{std::chrono::hours(1)};
  const SteadyTime late{std::chrono::hours(2)};
  PullSchedule schedule({{.slot = 0, .sources = {0, 1, 2}, .needed = 2}});
  EXPECT_EQ(schedule.NextPasses({{0, early}})[0].source, 1);
  EXPECT_EQ(schedule.NextPasses({{0, late}, {1, early}, {2, late}})[0].source, 1);
  schedule.Done(schedule.NextPasses({{0, early}})[0]);
  EXPECT_EQ(schedule.NextPasses({{0, early}, {2, late}})[0].source, 0);
}

TEST(PullSchedule, WithoutEnoughSourcesItWaits) {
  PullSchedule schedule({{.slot = 0, .sources = {1}, .needed = 2}});
  schedule.Done(schedule.NextPasses({})[0]);
  EXPECT_THAT(schedule.NextPasses({}), IsEmpty());
  EXPECT_FALSE(schedule.IsComplete());
  schedule.Retarget({{.slot = 0, .sources = {1, 2}, .needed = 2}});
  EXPECT_EQ(schedule.NextPasses({})[0].source, 2);
}

}  // namespace

}  // namespace tritontube::migration
