#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "core/coordination/conformance_suite.h"
#include "etcd_test_support.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"

namespace tritontube::etcd {
namespace {

using namespace std::chrono_literals;
using async::Task;
using coordination::CodeOf;
using coordination::Coordination;
using coordination::KeyValue;
using coordination::Operation;
using coordination::Put;
using coordination::ReadValue;
using coordination::Revision;
using coordination::Soon;
using coordination::Watch;
using support::EtcdCluster;

class EtcdFaults : public testing::Test {
 protected:
  void SetUp() override {
    if (!EtcdCluster::IsInstalled()) GTEST_SKIP() << "etcd is not installed";
    cluster_ = &SharedCluster();
    engine_ = OpenFresh();
  }
  void TearDown() override {
    if (cluster_ != nullptr) Run(cluster_->Heal());
  }
  void Run(Task<void> task) { async::BlockOn(io_.executor(0), std::move(task)); }

  async::IoPool io_{1};
  EtcdCluster* cluster_ = nullptr;
  std::unique_ptr<EtcdCoordination> engine_;
};

// Until it is known to have happened, also where the answer was lost.
Task<Revision> PutSurely(Coordination& engine, std::string key, std::string value) {
  for (const Deadline deadline = Soon(); !deadline.HasPassed();) {
    const auto answer =
        co_await engine.Commit({.compares = {}, .then = {Operation::Put(key, value)}}, deadline);
    if (answer) co_return answer->revision;
    co_await async::Sleep(10ms);
  }
  ADD_FAILURE() << key << " could not be written";
  co_return 0;
}

// One increment, and beside it a key that says whose it was: so that it is known afterwards
// whether a commit without an answer happened.
Task<void> Increment(Coordination& engine, std::string mark) {
  for (const Deadline deadline = Deadline::After(60s); !deadline.HasPassed();) {
    const auto done = co_await engine.Get(mark, deadline);
    if (done && done->item) co_return;
    const auto counter = co_await engine.Get("counter", deadline);
    if (!done || !counter) continue;
    const int count = counter->item ? std::stoi(counter->item->value) : 0;
    const Revision seen = counter->item ? counter->item->modified : 0;
    Ignore(co_await engine.Commit({.compares = {{.key = "counter", .modified = seen}},
                                   .then = {Operation::Put("counter", std::to_string(count + 1)),
                                            Operation::Put(mark, "done")}},
                                  deadline),
           "the mark tells");
  }
  ADD_FAILURE() << mark << " did not get through";
}

constexpr int kCounters = 4;
constexpr int kIncrements = 60;

Task<void> IncrementOften(Coordination& engine, int name, std::atomic<int>& count) {
  for (int i = 0; i < kIncrements; ++i, ++count) {
    co_await Increment(engine, fmt::format("mark/{}/{}", name, i));
  }
}

Task<void> KillLeaderAmidst(EtcdCluster& cluster, std::atomic<int>& count) {
  while (count < kCounters * kIncrements / 4) co_await async::Sleep(1ms);
  const std::size_t leader = co_await cluster.Leader();
  cluster.Kill(leader);
  while (count < kCounters * kIncrements / 2) co_await async::Sleep(1ms);
  cluster.Start(leader);
}

Task<void> CountWhileTheLeaderDies(EtcdCluster& cluster, Coordination& engine) {
  std::atomic<int> count = 0;
  std::vector<Task<void>> tasks;
  tasks.push_back(KillLeaderAmidst(cluster, count));
  for (int i = 0; i < kCounters; ++i) tasks.push_back(IncrementOften(engine, i, count));
  co_await async::RunAll(std::move(tasks));
  EXPECT_EQ(co_await ReadValue(engine, "counter"), std::to_string(kCounters * kIncrements));
}

TEST_F(EtcdFaults, NoIncrementIsLostOrDoubledWhenTheLeaderIsKilled) {
  Run(CountWhileTheLeaderDies(*cluster_, *engine_));
}

Task<void> KillOneAfterTheOther(EtcdCluster& cluster, Coordination& engine) {
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const std::string value = std::to_string(i);
    cluster.Kill(i);
    co_await PutSurely(engine, "a", value);
    cluster.Start(i);
    co_await cluster.Heal();
    EXPECT_EQ(co_await ReadValue(engine, "a"), value);
  }
}

TEST_F(EtcdFaults, EachMemberMayDieAndComeBack) { Run(KillOneAfterTheOther(*cluster_, *engine_)); }

Task<void> PauseTheLeader(EtcdCluster& cluster, Coordination& engine) {
  co_await Put(engine, "a", "before");
  const std::size_t leader = co_await cluster.Leader();
  cluster.Pause(leader);
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(co_await ReadValue(engine, "a"), "before");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 15s);
  co_await PutSurely(engine, "a", "meanwhile");
  cluster.Resume(leader);
  co_await Put(engine, "b", "after");
  EXPECT_EQ(co_await ReadValue(engine, "a"), "meanwhile");
}

TEST_F(EtcdFaults, ALeaderThatSleepsIsReplaced) { Run(PauseTheLeader(*cluster_, *engine_)); }

Task<void> LoseTheQuorum(EtcdCluster& cluster, Coordination& engine) {
  co_await Put(engine, "a", "1");
  cluster.Kill(0);
  cluster.Kill(1);
  const auto begin = std::chrono::steady_clock::now();
  const auto got = co_await engine.Get("a", Deadline::After(2s));
  const auto put = co_await engine.Commit({.compares = {}, .then = {Operation::Put("a", "2")}},
                                          Deadline::After(2s));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 10s);
  EXPECT_THAT(CodeOf(got), testing::AnyOf(ErrorCode::kUnavailable, ErrorCode::kDeadlineExceeded));
  EXPECT_THAT(CodeOf(put), testing::AnyOf(ErrorCode::kUnavailable, ErrorCode::kDeadlineExceeded,
                                          ErrorCode::kOutcomeUnknown));
  co_await cluster.Heal();
  co_await PutSurely(engine, "a", "3");
  EXPECT_EQ(co_await ReadValue(engine, "a"), "3");
}

TEST_F(EtcdFaults, WithoutAQuorumCallsFailInTimeAndWithItTheyWorkAgain) {
  Run(LoseTheQuorum(*cluster_, *engine_));
}

// Everything up to `last` in order, nothing twice.
Task<void> ExpectTold(Watch& watch, int& next, int last) {
  const Deadline deadline = Deadline::After(60s);
  while (next <= last && !deadline.HasPassed()) {
    const auto batch = co_await watch.Next(Deadline::After(1s));
    if (!batch) EXPECT_EQ(batch.error().code(), ErrorCode::kUnavailable) << batch.error().message();
    if (!batch) continue;
    for (const auto& event : batch->events) EXPECT_EQ(event.item.value, std::to_string(next++));
  }
  EXPECT_EQ(next, last + 1);
}

Task<void> WatchThroughDeaths(EtcdCluster& cluster, Coordination& engine) {
  const auto watch = engine.WatchPrefix("w/", co_await coordination::Now(engine));
  int next = 0;
  int written = -1;
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    co_await Put(engine, "w/a", std::to_string(++written));
    co_await ExpectTold(*watch, next, written);
    co_await Compact(engine);
    co_await Put(engine, "w/a", std::to_string(++written));
    co_await ExpectTold(*watch, next, written);
    // One of them is the watch's own.
    cluster.Kill(i);
    co_await cluster.Leader();
    co_await cluster.Heal();
  }
  co_await Put(engine, "w/a", std::to_string(++written));
  co_await ExpectTold(*watch, next, written);
}

TEST_F(EtcdFaults, AWatchGoesOnBehindACompactionAndTheDeathOfItsMember) {
  Run(WatchThroughDeaths(*cluster_, *engine_));
}

Task<void> KeepALease(EtcdCluster& cluster, Coordination& engine) {
  const auto lease = coordination::Must(co_await engine.GrantLease(3s, Soon()));
  const Revision put = co_await Put(engine, "alive", "1", lease);
  cluster.Kill(co_await cluster.Leader());
  co_await cluster.Leader();
  // Longer than the lease would last without.
  for (const Deadline end = Deadline::After(4s); !end.HasPassed();) {
    coordination::Must(co_await engine.RenewLease(lease, Soon()));
    co_await async::Sleep(300ms);
  }
  EXPECT_EQ(co_await ReadValue(engine, "alive"), "1");

  const auto watch = engine.WatchPrefix("alive", put);
  const auto batch = coordination::Must(co_await watch->Next(Soon()));
  EXPECT_EQ(batch.events.at(0).kind, coordination::Event::Kind::kDelete);
  const auto renewed = co_await engine.RenewLease(lease, Soon());
  EXPECT_EQ(CodeOf(renewed), ErrorCode::kNotFound);
}

TEST_F(EtcdFaults, ALeaseSurvivesItsLeaderAndEndsWhenNobodyRenewsIt) {
  Run(KeepALease(*cluster_, *engine_));
}

}  // namespace
}  // namespace tritontube::etcd
