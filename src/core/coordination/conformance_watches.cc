#include <gmock/gmock.h>

#include "core/coordination/conformance_suite.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"

namespace tritontube::coordination {
namespace {

using async::Task;
using std::chrono_literals::operator""ms;
using testing::ElementsAre;
using testing::IsEmpty;

Event PutEvent(std::string key, std::string value, Revision created, Revision modified) {
  return {
      Event::Kind::kPut,
      {.key = std::move(key), .value = std::move(value), .created = created, .modified = modified}};
}

Event DeleteEvent(std::string key, Revision modified) {
  return {Event::Kind::kDelete, {.key = std::move(key), .modified = modified}};
}

// Everything that the watch tells until it has told `revision`.
Task<std::vector<Event>> TellUntil(Watch& watch, Revision revision) {
  std::vector<Event> events;
  for (Revision told = 0; told < revision;) {
    const WatchBatch batch = Must(co_await watch.Next(Soon()));
    EXPECT_GE(batch.revision, told);
    told = batch.revision;
    events.insert(events.end(), batch.events.begin(), batch.events.end());
  }
  co_return events;
}

TEST_P(ConformanceTest, AWatchTellsWhatHappenedAfterARevisionInOrder) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision before = co_await Put(engine, "w/a", "0");
    const Revision one = co_await Put(engine, "w/a", "1");
    const Revision two = co_await Put(engine, "w/b", "2");
    co_await Put(engine, "elsewhere", "x");
    const Revision three = co_await Delete(engine, "w/a");
    const auto watch = engine.WatchPrefix("w/", before);
    EXPECT_THAT(co_await TellUntil(*watch, three),
                ElementsAre(PutEvent("w/a", "1", before, one), PutEvent("w/b", "2", two, two),
                            DeleteEvent("w/a", three)));
  });
}

TEST_P(ConformanceTest, AWatchFromNowTellsOnlyWhatComes) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision before = co_await Put(engine, "w/a", "0");
    const auto watch = engine.WatchPrefix("w/", before);
    const WatchBatch nothing = Must(co_await watch->Next(Deadline::After(10ms)));
    EXPECT_THAT(nothing.events, IsEmpty());
    EXPECT_EQ(nothing.revision, before);
    const Revision after = co_await Put(engine, "w/b", "1");
    const WatchBatch batch = Must(co_await watch->Next(Soon()));
    EXPECT_THAT(batch.events, ElementsAre(PutEvent("w/b", "1", after, after)));
    EXPECT_EQ(batch.revision, after);
  });
}

Task<void> Await(Watch& watch, std::string key) {
  for (;;) {
    const WatchBatch batch = Must(co_await watch.Next(Soon()));
    if (batch.events.empty()) throw std::runtime_error("nobody wrote " + key);
    for (const Event& event : batch.events) {
      if (event.item.key == key) co_return;
    }
  }
}

TEST_P(ConformanceTest, AWatchWakesWhenAnotherThreadWrites) {
  // Two threads play ping-pong: each waits for what the other writes.
  RunTogether(2, [](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const TxnAnswer toss = co_await MustCommit(
        engine, {.compares = {{.key = "toss"}}, .then = {Operation::Put("toss", "x")}});
    const std::string mine = toss.succeeded ? "ping/" : "pong/";
    const std::string theirs = toss.succeeded ? "pong/" : "ping/";
    const Revision begin = (co_await Read(engine, "toss")).value().created;
    const auto watch = engine.WatchPrefix(theirs, begin);
    for (int round = 0; round < 20; ++round) {
      const std::string number = std::to_string(round);
      if (toss.succeeded) co_await Put(engine, mine + number, "x");
      co_await Await(*watch, theirs + number);
      if (!toss.succeeded) co_await Put(engine, mine + number, "x");
    }
  });
}

Task<void> PutSoon(Coordination& engine, std::string key) {
  // The watcher has begun to wait long before; nothing depends on it.
  co_await async::Sleep(5ms);
  co_await Put(engine, std::move(key), "x");
}

TEST_P(ConformanceTest, AWaitingWatchIsWokenAndNotItsNeighbour) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision before = co_await Put(engine, "a", "0");
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    group.Spawn(PutSoon(engine, "mine/1"));
    const auto neighbour = engine.WatchPrefix("theirs/", before);
    const auto watch = engine.WatchPrefix("mine/", before);
    const WatchBatch batch = Must(co_await watch->Next(Soon()));
    EXPECT_EQ(batch.events.at(0).item.key, "mine/1");
    const WatchBatch quiet = Must(co_await neighbour->Next(Deadline::After(5ms)));
    EXPECT_THAT(quiet.events, IsEmpty());
    co_await group.Join();
  });
}

TEST_P(ConformanceTest, ABatchNeverSplitsARevision) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision before = co_await Now(engine);
    constexpr int kTxns = 6;
    for (int txn = 0; txn < kTxns; ++txn) {
      Txn many;
      for (int i = 0; i < 100; ++i) {
        many.then.push_back(Operation::Put("w/" + std::to_string(i), std::to_string(txn)));
      }
      co_await MustCommit(engine, std::move(many));
    }
    const auto watch = engine.WatchPrefix("w/", before);
    std::size_t event_count = 0;
    for (Revision told = before; told < before + kTxns;) {
      const WatchBatch batch = Must(co_await watch->Next(Soon()));
      EXPECT_EQ(batch.events.size(), static_cast<std::size_t>(batch.revision - told) * 100);
      EXPECT_EQ(batch.events.back().item.modified, batch.revision);
      told = batch.revision;
      event_count += batch.events.size();
    }
    EXPECT_EQ(event_count, kTxns * 100U);
  });
}

TEST_P(ConformanceTest, AWatchOfForgottenHistoryIsOutOfRange) {
  Run([](Coordination& engine, const EngineUnderTest& traits) -> Task<void> {
    const Revision old = co_await Put(engine, "w/a", "1");
    const auto slow = engine.WatchPrefix("w/", old);
    co_await Put(engine, "w/a", "2");
    co_await traits.forget_history(engine);
    const auto too_late = co_await slow->Next(Soon());
    EXPECT_EQ(CodeOf(too_late), ErrorCode::kOutOfRange);
    const auto from_the_start = co_await engine.WatchPrefix("w/", 0)->Next(Soon());
    EXPECT_EQ(CodeOf(from_the_start), ErrorCode::kOutOfRange);

    // Reading everything again and watching from there works.
    const auto fresh = engine.WatchPrefix("w/", co_await Now(engine));
    const Revision put = co_await Put(engine, "w/b", "1");
    const WatchBatch batch = Must(co_await fresh->Next(Soon()));
    EXPECT_THAT(batch.events, ElementsAre(PutEvent("w/b", "1", put, put)));
  });
}

Task<void> WaitForEver(Watch& watch, Result<WatchBatch>* answer) {
  *answer = co_await watch.Next(Deadline::Never());
}

TEST_P(ConformanceTest, ACancelledWatchStopsWaiting) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const auto watch = engine.WatchPrefix("w/", co_await Now(engine));
    Result<WatchBatch> answer;
    async::TaskGroup group(co_await async::asio::this_coro::executor);
    group.Spawn(WaitForEver(*watch, &answer));
    co_await async::Sleep(1ms);
    co_await group.Stop();
    EXPECT_EQ(CodeOf(answer), ErrorCode::kCancelled);
  });
}

}  // namespace
}  // namespace tritontube::coordination
