#include "domain/replication/node_health.h"

#include <gtest/gtest.h>

#include "domain/replication/hedge.h"
#include "domain/replication/pure_fixture_test.h"

namespace tritontube::replication {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

using Places = std::vector<std::size_t>;

TEST(NodeHealth, KeepsTheOrderOfTheTableAmongEquals) {
  NodeHealth health;
  EXPECT_EQ(health.Order({Node('b'), Node('a'), Node('c')}, kNow), (Places{0, 1, 2}));
  for (const char name : {'a', 'b', 'c'}) health.Answered(Node(name), 10ms, kNow);
  health.Answered(Node('a'), 8ms, kNow);
  EXPECT_EQ(health.Order({Node('b'), Node('a'), Node('c')}, kNow), (Places{0, 1, 2}));
}

TEST(NodeHealth, PrefersANodeThatIsClearlyFaster) {
  NodeHealth health;
  health.Answered(Node('a'), 100ms, kNow);
  health.Answered(Node('b'), 10ms, kNow);
  EXPECT_EQ(health.Order({Node('a'), Node('b')}, kNow), (Places{1, 0}));
}

TEST(NodeHealth, ForgivesASlowNodeInTime) {
  NodeHealth health;
  health.Answered(Node('a'), 100ms, kNow);
  EXPECT_EQ(health.Order({Node('a'), Node('b')}, kNow), (Places{1, 0}));
  EXPECT_EQ(health.Order({Node('a'), Node('b')}, kNow + 120s), (Places{0, 1}));
}

TEST(NodeHealth, FollowsTheLatencyOfTheLastCallsAndNotOfOne) {
  NodeHealth health;
  for (int i = 0; i < 50; ++i) health.Answered(Node('a'), 10ms, kNow);
  health.Answered(Node('a'), 110ms, kNow);
  EXPECT_EQ(health.LatencyOf(Node('a'), kNow), 30ms);
}

TEST(NodeHealth, AsksSuspectNodesLastUntilTheyAnswer) {
  NodeHealth health;
  health.Failed(Node('a'));
  EXPECT_EQ(health.Order({Node('a'), Node('b')}, kNow), (Places{1, 0}));
  EXPECT_EQ(health.suspects(), std::vector<NodeId>{Node('a')});
  health.Answered(Node('a'), 1ms, kNow);
  EXPECT_FALSE(health.IsSuspect(Node('a')));
  health.Failed(Node('a'));
  health.Lives(Node('a'));
  EXPECT_FALSE(health.IsSuspect(Node('a')));
}

TEST(NodeHealth, SuspectsWhomNobodyWaitedForAnyLongerOnlyAfterASecond) {
  NodeHealth health;
  health.Abandoned(Node('a'), 250ms, kNow);
  EXPECT_FALSE(health.IsSuspect(Node('a')));
  EXPECT_EQ(health.LatencyOf(Node('a'), kNow), 250ms);
  health.Abandoned(Node('a'), 10ms, kNow);
  EXPECT_EQ(health.LatencyOf(Node('a'), kNow), 250ms);
  health.Abandoned(Node('a'), 1s, kNow);
  EXPECT_TRUE(health.IsSuspect(Node('a')));
}

TEST(NodeHealth, ForgetsWhoIsNoMember) {
  NodeHealth health;
  health.Failed(Node('a'));
  health.Forget(Node('a'));
  EXPECT_TRUE(health.suspects().empty());
}

TEST(LatencyQuantile, TellsWhatNineteenOfTwentyStayedWithin) {
  LatencyQuantile latencies;
  for (int i = 1; i <= 19; ++i) latencies.Add(i * 1ms);
  EXPECT_FALSE(latencies.p95().has_value());
  for (int i = 20; i <= 100; ++i) latencies.Add(i * 1ms);
  EXPECT_EQ(latencies.p95(), 96ms);
}

TEST(LatencyQuantile, ForgetsWhatIsLongAgo) {
  LatencyQuantile latencies;
  for (int i = 0; i < 200; ++i) latencies.Add(1s);
  for (int i = 0; i < 200; ++i) latencies.Add(1ms);
  EXPECT_EQ(latencies.p95(), 1ms);
}

TEST(HedgeBudget, LetsOneCallInTwentyBeMadeTwice) {
  HedgeBudget budget;
  int spent = 0;
  for (int i = 0; i < 10'000; ++i) {
    budget.Earn();
    if (budget.TrySpend()) ++spent;
  }
  EXPECT_GE(spent, 495);
  EXPECT_LE(spent, 505);
}

TEST(HedgeBudget, SavesLittleForBadTimes) {
  HedgeBudget budget;
  for (int i = 0; i < 10'000; ++i) budget.Earn();
  int spent = 0;
  while (budget.TrySpend()) ++spent;
  EXPECT_EQ(spent, 10);
}

}  // namespace
}  // namespace tritontube::replication
