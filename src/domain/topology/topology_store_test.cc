#include "domain/topology/topology_store.h"

#include <gmock/gmock.h>

#include "core/coordination/model_coordination.h"
#include "domain/topology/topology_test_values.h"
#include "foundation/async/task_group.h"
#include "support/must.h"
#include "support/virtual_time.h"

namespace tritontube::topology {

namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using support::CodeOf;
using support::Must;

Deadline Soon() { return Deadline::After(std::chrono::seconds(60)); }

Topology First() { return *Found(AnyCluster(), Members(3)); }

Topology Next(const Topology& topology) {
  Topology next = topology;
  ++next.epoch;
  next.members[0].incomplete = true;
  return next;
}

class TopologyStoreTest : public testing::Test {
 protected:
  using Coordination = coordination::ModelCoordination;

  void Run(Task<void> (*body)(Coordination&, TopologyStore&)) {
    time_.Run(body(coordination_, store_));
  }

  support::VirtualTime time_;
  SystemClock clock_;
  Coordination coordination_{clock_};
  TopologyStore store_{coordination_};
};

TEST_F(TopologyStoreTest, LoadsNothingBeforeAClusterIsFounded) {
  Run([](Coordination& /*coordination*/, TopologyStore& store) -> Task<void> {
    EXPECT_EQ(Must(co_await store.Load(Soon())), nullptr);
    EXPECT_EQ(store.snapshot(), nullptr);
  });
}

TEST_F(TopologyStoreTest, LoadsWhatWasCreated) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    EXPECT_EQ(*Must(co_await store.Create(First(), Soon())), First());
    TopologyStore other(coordination);
    EXPECT_EQ(*Must(co_await other.Load(Soon())), First());
    EXPECT_EQ(*other.snapshot(), First());
  });
}

TEST_F(TopologyStoreTest, ReturnsTheFirstOfTwoCreations) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    TopologyStore other(coordination);
    Must(co_await other.Create(First(), Soon()));
    EXPECT_EQ(*Must(co_await store.Create(*Found(AnyCluster(), Members(5)), Soon())), First());
    EXPECT_EQ(*store.snapshot(), First());
  });
}

Task<void> Create(TopologyStore& store, int members, std::shared_ptr<const Topology>& created) {
  created = Must(co_await store.Create(*Found(AnyCluster(), Members(members)), Soon()));
}

TEST_F(TopologyStoreTest, GivesTwoCreatorsAtOnceTheSameTopology) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    TopologyStore other(coordination);
    // The first to ask comes second.
    coordination.AddFault(Call::kCommit, Fault::Delay(std::chrono::milliseconds(5)));
    std::shared_ptr<const Topology> created;
    std::shared_ptr<const Topology> created_by_other;
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    group.Spawn(Create(store, 3, created));
    group.Spawn(Create(other, 5, created_by_other));
    co_await group.Join();
    EXPECT_EQ(created->members.size(), 5U);
    EXPECT_EQ(*created, *created_by_other);
  });
}

TEST_F(TopologyStoreTest, FindsOutWhetherACreationWithoutAnAnswerHappened) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    coordination.AddFault(Call::kCommit, Fault::UnknownBefore());
    coordination.AddFault(Call::kCommit, Fault::UnknownAfter());
    EXPECT_EQ(*Must(co_await store.Create(First(), Soon())), First());
    TopologyStore other(coordination);
    EXPECT_EQ(*Must(co_await other.Load(Soon())), First());
  });
}

TEST_F(TopologyStoreTest, ReplacesOnlyWhatItExpects) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    EXPECT_EQ(CodeOf(co_await store.Replace(First(), Next(First()), Soon())), ErrorCode::kAborted);
    Must(co_await store.Create(First(), Soon()));
    EXPECT_EQ(*Must(co_await store.Replace(First(), Next(First()), Soon())), Next(First()));
    EXPECT_EQ(*store.snapshot(), Next(First()));
    EXPECT_EQ(CodeOf(co_await store.Replace(First(), Next(First()), Soon())), ErrorCode::kAborted);
    TopologyStore other(coordination);
    EXPECT_EQ(*Must(co_await other.Load(Soon())), Next(First()));
  });
}

Task<void> ReplaceBehind(TopologyStore& store) {
  Must(co_await store.Replace(First(), Next(First()), Soon()));
}

TEST_F(TopologyStoreTest, DoesNotReplaceWhatChangedBetweenReadingAndWriting) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    Must(co_await store.Create(First(), Soon()));
    TopologyStore other(coordination);
    const Topology first = First();
    Topology another = Next(first);
    another.members[1].incomplete = true;
    coordination.AddFault(Call::kCommit, Fault::Delay(std::chrono::milliseconds(20)), 1);
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    std::optional<Result<std::shared_ptr<const Topology>>> replaced;
    group.Spawn(async::KeepResult(store.Replace(first, another, Soon()), replaced));
    group.Spawn(ReplaceBehind(other));
    co_await group.Join();
    EXPECT_EQ(CodeOf(*replaced), ErrorCode::kAborted);
    EXPECT_EQ(*store.snapshot(), Next(First()));
  });
}

TEST_F(TopologyStoreTest, FindsOutWhetherAReplacementWithoutAnAnswerHappened) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    Must(co_await store.Create(First(), Soon()));
    const Topology second = Next(First());
    coordination.AddFault(Call::kCommit, Fault::UnknownBefore(), 1);
    EXPECT_EQ(*Must(co_await store.Replace(First(), second, Soon())), second);
    const Topology third = Next(second);
    coordination.AddFault(Call::kCommit, Fault::UnknownAfter(), 1);
    EXPECT_EQ(*Must(co_await store.Replace(second, third, Soon())), third);
    TopologyStore other(coordination);
    EXPECT_EQ(*Must(co_await other.Load(Soon())), third);
  });
}

TEST_F(TopologyStoreTest, SaysThatTheOutcomeIsUnknownWhenTheTimeIsOver) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    for (int i = 0; i < 2; ++i) coordination.AddFault(Call::kCommit, Fault::UnknownBefore());
    const auto created = co_await store.Create(First(), Deadline::At(Deadline::Clock::now()));
    EXPECT_NE(CodeOf(created), ErrorCode{});
    EXPECT_EQ(store.snapshot(), nullptr);
  });
}

TEST_F(TopologyStoreTest, KeepsTheGreaterEpochOfWhatIsOffered) {
  Run([](Coordination& /*coordination*/, TopologyStore& store) -> Task<void> {
    const auto first = std::make_shared<const Topology>(First());
    const auto second = std::make_shared<const Topology>(Next(First()));
    store.Offer(second);
    const auto seen = store.changed().count();
    store.Offer(first);
    store.Offer(nullptr);
    EXPECT_EQ(store.snapshot(), second);
    EXPECT_EQ(store.changed().count(), seen);
    co_return;
  });
}

TEST_F(TopologyStoreTest, RefusesAStoredTopologyThatIsDamaged) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    std::string damaged = Encode(First());
    damaged.back() ^= 1;
    Must(co_await coordination.Commit(
        {.compares = {}, .then = {coordination::Operation::Put("topology", damaged)}}, Soon()));
    EXPECT_EQ(CodeOf(co_await store.Load(Soon())), ErrorCode::kCorrupt);
    EXPECT_EQ(CodeOf(co_await store.Create(First(), Soon())), ErrorCode::kCorrupt);
    EXPECT_EQ(store.snapshot(), nullptr);
  });
}

// Waits until the store has seen that epoch.
Task<void> WaitForEpoch(TopologyStore& store, Epoch epoch) {
  const Deadline deadline = Soon();
  for (;;) {
    const auto seen = store.changed().count();
    const auto topology = store.snapshot();
    if (topology && topology->epoch >= epoch) co_return;
    TT_ASSERT(!deadline.HasPassed(), "epoch {} did not come", epoch);
    co_await store.changed().WaitBeyond(seen, deadline);
  }
}

TEST_F(TopologyStoreTest, FollowsWhatOthersChange) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    group.Spawn(store.Run());
    TopologyStore other(coordination);
    Must(co_await other.Create(First(), Soon()));
    co_await WaitForEpoch(store, 1);
    const auto began = Deadline::Clock::now();
    Must(co_await other.Replace(First(), Next(First()), Soon()));
    co_await WaitForEpoch(store, 2);
    EXPECT_EQ(*store.snapshot(), Next(First()));
    // By the watch and not by reading again.
    EXPECT_EQ(Deadline::Clock::now(), began);
    co_await group.Stop();
  });
}

TEST_F(TopologyStoreTest, FindsByReadingAgainWhatAWatchHasLost) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    TopologyStore other(coordination);
    Must(co_await other.Create(First(), Soon()));
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    group.Spawn(store.Run());
    co_await WaitForEpoch(store, 1);
    coordination.AddFault(Call::kWatch, Fault::LoseEvents());
    const auto began = Deadline::Clock::now();
    Must(co_await other.Replace(First(), Next(First()), Soon()));
    co_await WaitForEpoch(store, 2);
    EXPECT_LE(Deadline::Clock::now() - began, std::chrono::seconds(5));
    EXPECT_GT(Deadline::Clock::now() - began, std::chrono::seconds(4));
    co_await group.Stop();
  });
}

TEST_F(TopologyStoreTest, FollowsOnWhenWatchesAndReadsFail) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    TopologyStore other(coordination);
    Must(co_await other.Create(First(), Soon()));
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    group.Spawn(store.Run());
    co_await WaitForEpoch(store, 1);
    coordination.AddFault(Call::kWatch, Fault::Error(ErrorCode::kOutOfRange));
    coordination.AddFault(Call::kGet, Fault::Error(ErrorCode::kUnavailable));
    Must(co_await other.Replace(First(), Next(First()), Soon()));
    co_await WaitForEpoch(store, 2);
    co_await group.Stop();
  });
}

TEST_F(TopologyStoreTest, AGuardThatDoesNotHoldChangesNothing) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    Must(co_await store.Create(First(), Soon()));
    const Guard guard{.compares = {{.key = "leader", .modified = 7}},
                      .also = {coordination::Operation::Put("more", "")}};
    EXPECT_EQ(CodeOf(co_await store.Replace(First(), Next(First()), Soon(), guard)),
              ErrorCode::kAborted);
    EXPECT_EQ(*Must(co_await store.Load(Soon())), First());
    EXPECT_FALSE(Must(co_await coordination.Get("more", Soon())).item.has_value());
  });
}

TEST_F(TopologyStoreTest, WhatHappensWithAReplacementHappensInOne) {
  Run([](Coordination& coordination, TopologyStore& store) -> Task<void> {
    Must(co_await store.Create(First(), Soon()));
    const Guard guard{.compares = {{.key = "leader", .modified = 0}},
                      .also = {coordination::Operation::Put("more", "value")}};
    Must(co_await store.Replace(First(), Next(First()), Soon(), guard));
    EXPECT_EQ(Must(co_await coordination.Get("more", Soon())).item->value, "value");
  });
}

}  // namespace

}  // namespace tritontube::topology
