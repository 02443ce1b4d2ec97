#include "domain/migration/steering.h"

#include <gtest/gtest.h>

#include "domain/topology/changes.h"
#include "domain/topology/topology_test_values.h"
#include "support/must.h"

namespace tritontube::migration {

namespace {

using std::chrono_literals::operator""s;
using support::Must;
using topology::AnyCluster;
using topology::AnyNode;
using topology::Members;
using topology::Topology;

constexpr SteadyTime kNow{std::chrono::hours(1)};

Topology Asked(int before, int after) {
  topology::Request request;
  for (int i = before; i < after; ++i) {
    request.add.push_back(Members(after)[static_cast<std::size_t>(i)]);
  }
  return Must(AskFor(Must(Found(AnyCluster(), Members(before))), request));
}

Observation Pulling(int before = 3) {
  return {.topology = Must(BeginPlan(Asked(before, before + 1))),
          .starts = {{AnyNode(before), 4}},
          .lives = {{AnyNode(before), true}}};
}

Step StepOf(const Observation& seen) {
  Steering steering;
  return Must(steering.Decide(seen, kNow)).step;
}

TEST(Steering, DoesNothingWhileNothingIsAskedFor) {
  EXPECT_EQ(StepOf({.topology = Must(Found(AnyCluster(), Members(3)))}), Step::kNone);
}

TEST(Steering, GoesFromStepToStep) {
  const Topology asked = Asked(3, 4);
  EXPECT_EQ(StepOf({.topology = asked}), Step::kBeginPlan);
  const Topology planned = Must(BeginPlan(asked));
  EXPECT_EQ(StepOf({.topology = UseNew(planned, {})}), Step::kSettle);
  EXPECT_EQ(StepOf({.topology = Must(Settle(UseNew(planned, {})))}), Step::kNone);
}

TEST(Steering, UsesTheNewNodesWhenEveryDestinationIsReady) {
  Observation seen = Pulling();
  EXPECT_EQ(StepOf(seen), Step::kNone);
  seen.ready[AnyNode(3)] = {.starts = 4, .moved = {.files = 2, .bytes = 9}};
  Steering steering;
  const Decision decision = Must(steering.Decide(seen, kNow));
  EXPECT_EQ(decision.step, Step::kUseNew);
  EXPECT_EQ(decision.moved, (topology::Moved{.files = 2, .bytes = 9}));
}

TEST(Steering, ReadyInAnEarlierLifeIsNotReady) {
  Observation seen = Pulling();
  seen.ready[AnyNode(3)] = {.starts = 3, .moved = {}};
  EXPECT_EQ(StepOf(seen), Step::kNone);
}

TEST(Steering, WhoHasMissedSomethingIsNotReady) {
  Observation seen = Pulling();
  seen.ready[AnyNode(3)] = {.starts = 4, .moved = {}};
  seen.topology.members[3].incomplete = true;
  EXPECT_EQ(StepOf(seen), Step::kNone);
}

TEST(Steering, OneReadyDestinationOfTwoIsNotEnough) {
  Observation seen{.topology = Must(BeginPlan(Asked(5, 7))),
                   .ready = {{AnyNode(5), {.starts = 1, .moved = {}}}},
                   .starts = {{AnyNode(5), 1}, {AnyNode(6), 1}},
                   .lives = {{AnyNode(5), true}, {AnyNode(6), true}}};
  EXPECT_EQ(StepOf(seen), Step::kNone);
  seen.ready[AnyNode(6)] = {.starts = 1, .moved = {}};
  EXPECT_EQ(StepOf(seen), Step::kUseNew);
}

// Looks all the time, as whoever leads does, until then.
Step LastStep(Steering& steering, const Observation& seen, SteadyTime from, SteadyTime to) {
  Step step = Step::kNone;
  for (SteadyTime now = from; now <= to; now += 10s) step = Must(steering.Decide(seen, now)).step;
  return step;
}

TEST(Steering, ADestinationThatStaysSilentEndsThePlan) {
  Observation seen = Pulling();
  seen.lives.clear();
  Steering steering;
  EXPECT_EQ(LastStep(steering, seen, kNow, kNow + 110s), Step::kNone);
  const Decision decision = Must(steering.Decide(seen, kNow + 120s));
  EXPECT_EQ(decision.step, Step::kAbort);
  EXPECT_NE(decision.reason.find("localhost:9003"), std::string::npos) << decision.reason;
}

TEST(Steering, ASignOfLifeBeginsTheSilenceAnew) {
  Observation seen = Pulling();
  Steering steering;
  seen.lives.clear();
  LastStep(steering, seen, kNow, kNow + 90s);
  seen.lives[AnyNode(3)] = true;
  Must(steering.Decide(seen, kNow + 100s));
  seen.lives.clear();
  EXPECT_EQ(LastStep(steering, seen, kNow + 110s, kNow + 220s), Step::kNone);
  EXPECT_EQ(Must(steering.Decide(seen, kNow + 230s)).step, Step::kAbort);
}

TEST(Steering, WhoHasNotLookedForAWhileKnowsOfNoSilence) {
  Observation seen = Pulling();
  seen.lives.clear();
  Steering steering;
  Must(steering.Decide(seen, kNow));
  EXPECT_EQ(Must(steering.Decide(seen, kNow + 600s)).step, Step::kNone);
  EXPECT_EQ(LastStep(steering, seen, kNow + 610s, kNow + 710s), Step::kNone);
  EXPECT_EQ(Must(steering.Decide(seen, kNow + 720s)).step, Step::kAbort);
}

TEST(Steering, WhileOneNodeBecomesTwoASilentOneIsNotWaitedForLong) {
  Observation seen = Pulling(1);
  seen.lives[AnyNode(0)] = true;
  seen.lives.erase(AnyNode(1));
  Steering steering;
  Must(steering.Decide(seen, kNow));
  EXPECT_EQ(Must(steering.Decide(seen, kNow + 15s)).step, Step::kAbort);
}

}  // namespace

}  // namespace tritontube::migration
