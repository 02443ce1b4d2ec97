#include "core/coordination/model_coordination.h"

#include <gmock/gmock.h>

#include <thread>

#include "core/coordination/conformance_suite.h"

namespace tritontube::coordination {

namespace {

using async::Task;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using testing::ElementsAre;
using testing::IsEmpty;

struct Holder {
  SystemClock clock;
  ModelCoordination engine{clock};
};

std::shared_ptr<Coordination> MakeModel() {
  const auto holder = std::make_shared<Holder>();
  return {holder, &holder->engine};
}

Task<void> ForgetHistory(Coordination& engine) {
  static_cast<ModelCoordination&>(engine).ForgetHistory();
  co_return;
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(Model, ConformanceTest,
                         testing::Values(EngineUnderTest{.make = MakeModel,
                                                         .forget_history = ForgetHistory}));

namespace {

// A clock whose hands the test moves.
class HandClock final : public Clock {
 public:
  WallTime WallNow() const override { return {}; }
  SteadyTime SteadyNow() const override { return SteadyTime(elapsed_.load()); }
  void Move(std::chrono::nanoseconds time) { elapsed_ = elapsed_.load() + time; }

 private:
  std::atomic<std::chrono::nanoseconds> elapsed_{std::chrono::nanoseconds(0)};
};

class ModelCoordinationTest : public testing::Test {
 protected:
  void Run(Task<void> (*body)(ModelCoordination&, HandClock&)) {
    async::BlockOn(io_.executor(0), body(engine_, clock_));
  }

  async::IoPool io_{1};
  HandClock clock_;
  ModelCoordination engine_{clock_, {.history_max = 4}};
};

Task<ErrorCode> CommitCode(Coordination& engine, std::string key) {
  const auto answer = co_await engine.Commit(
      {.compares = {}, .then = {Operation::Put(std::move(key), "1")}}, Soon());
  co_return CodeOf(answer);
}

TEST_F(ModelCoordinationTest, FailsTheCallsThatTheScriptNames) {
  Run([](ModelCoordination& engine, HandClock&) -> Task<void> {
    engine.AddFault(Call::kCommit, Fault::Error(ErrorCode::kUnavailable), 1);
    co_await Put(engine, "a", "1");
    EXPECT_EQ(co_await CommitCode(engine, "b"), ErrorCode::kUnavailable);
    EXPECT_EQ(co_await Read(engine, "b"), std::nullopt);
    co_await Put(engine, "b", "1");
    engine.AddFault(Call::kGet, Fault::Error(ErrorCode::kDeadlineExceeded));
    const auto got = co_await engine.Get("a", Soon());
    EXPECT_EQ(CodeOf(got), ErrorCode::kDeadlineExceeded);
    engine.AddFault(Call::kRange, Fault::Error(ErrorCode::kUnavailable));
    const auto page = co_await engine.Range({.prefix = "a"}, Soon());
    EXPECT_EQ(CodeOf(page), ErrorCode::kUnavailable);
  });
}

TEST_F(ModelCoordinationTest, LosesTheAnswerBeforeOrAfterTheEffect) {
  Run([](ModelCoordination& engine, HandClock&) -> Task<void> {
    engine.AddFault(Call::kCommit, Fault::UnknownBefore());
    engine.AddFault(Call::kCommit, Fault::UnknownAfter());
    EXPECT_EQ(co_await CommitCode(engine, "before"), ErrorCode::kOutcomeUnknown);
    EXPECT_EQ(co_await CommitCode(engine, "after"), ErrorCode::kOutcomeUnknown);
    EXPECT_EQ(co_await Read(engine, "before"), std::nullopt);
    EXPECT_EQ(co_await ReadValue(engine, "after"), "1");
  });
}

TEST_F(ModelCoordinationTest, ReadsAnOldStateOnRequest) {
  Run([](ModelCoordination& engine, HandClock&) -> Task<void> {
    const Revision first = co_await Put(engine, "a", "1");
    co_await Put(engine, "a", "2");
    co_await Put(engine, "b", "1");
    engine.AddFault(Call::kGet, Fault::StaleRead(2));
    const GetAnswer stale = Must(co_await engine.Get("a", Soon()));
    EXPECT_EQ(stale.item.value().value, "1");
    EXPECT_EQ(stale.revision, first);
    engine.AddFault(Call::kRange, Fault::StaleRead(1));
    const RangePage page = Must(co_await engine.Range({.prefix = ""}, Soon()));
    EXPECT_EQ(page.items.size(), 1U);
    EXPECT_EQ(co_await ReadValue(engine, "a"), "2");
    // No further back than it remembers.
    co_await Delete(engine, "a");
    co_await Put(engine, "c", "1");
    engine.AddFault(Call::kGet, Fault::StaleRead(100));
    EXPECT_EQ(co_await ReadValue(engine, "a"), "1");
  });
}

TEST_F(ModelCoordinationTest, LosesAndRepeatsEvents) {
  Run([](ModelCoordination& engine, HandClock&) -> Task<void> {
    const auto watch = engine.WatchPrefix("", 0);
    engine.AddFault(Call::kWatch, Fault::LoseEvents());
    engine.AddFault(Call::kWatch, Fault::RepeatEvents());
    co_await Put(engine, "lost", "1");
    const WatchBatch nothing = Must(co_await watch->Next(Deadline::After(5ms)));
    EXPECT_THAT(nothing.events, IsEmpty());
    co_await Put(engine, "repeated", "1");
    const WatchBatch once = Must(co_await watch->Next(Soon()));
    const WatchBatch twice = Must(co_await watch->Next(Soon()));
    EXPECT_EQ(once.events, twice.events);
    EXPECT_EQ(once.events.at(0).item.key, "repeated");
    const WatchBatch quiet = Must(co_await watch->Next(Deadline::After(5ms)));
    EXPECT_THAT(quiet.events, IsEmpty());
  });
}

TEST_F(ModelCoordinationTest, FailsAndDelaysWatches) {
  Run([](ModelCoordination& engine, HandClock&) -> Task<void> {
    const auto watch = engine.WatchPrefix("", 0);
    const Revision put = co_await Put(engine, "a", "1");
    engine.AddFault(Call::kWatch, Fault::Error(ErrorCode::kUnavailable));
    engine.AddFault(Call::kWatch, Fault::Delay(20ms));
    const auto failed = co_await watch->Next(Soon());
    EXPECT_EQ(CodeOf(failed), ErrorCode::kUnavailable);
    const auto begin = std::chrono::steady_clock::now();
    const WatchBatch late = Must(co_await watch->Next(Soon()));
    EXPECT_EQ(late.revision, put);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
  });
}

TEST_F(ModelCoordinationTest, EndsALeaseEarly) {
  Run([](ModelCoordination& engine, HandClock&) -> Task<void> {
    const LeaseId one = Must(co_await engine.GrantLease(1h, Soon()));
    const LeaseId two = Must(co_await engine.GrantLease(1h, Soon()));
    co_await Put(engine, "one", "1", one);
    co_await Put(engine, "two", "1", two);
    engine.AddFault(Call::kRenewLease, Fault::EndLeases(one));
    const auto renewed = co_await engine.RenewLease(one, Soon());
    EXPECT_EQ(CodeOf(renewed), ErrorCode::kNotFound);
    EXPECT_EQ(co_await Read(engine, "one"), std::nullopt);
    EXPECT_EQ(co_await ReadValue(engine, "two"), "1");
    engine.AddFault(Call::kGet, Fault::EndLeases());
    EXPECT_EQ(co_await Read(engine, "two"), std::nullopt);
  });
}

TEST_F(ModelCoordinationTest, EndsALeaseJustBeforeItsEventsAreTold) {
  Run([](ModelCoordination& engine, HandClock&) -> Task<void> {
    const LeaseId lease = Must(co_await engine.GrantLease(1h, Soon()));
    const Revision put = co_await Put(engine, "a", "1", lease);
    engine.AddFault(Call::kWatch, Fault::EndLeases());
    const auto watch = engine.WatchPrefix("", 0);
    const WatchBatch batch = Must(co_await watch->Next(Soon()));
    EXPECT_EQ(batch.revision, put + 1);
    EXPECT_EQ(batch.events.back().kind, Event::Kind::kDelete);
  });
}

TEST_F(ModelCoordinationTest, DelaysACallUntilItsDeadlineAtMost) {
  Run([](ModelCoordination& engine, HandClock&) -> Task<void> {
    engine.AddFault(Call::kCommit, Fault::Delay(10ms));
    const auto begin = std::chrono::steady_clock::now();
    co_await Put(engine, "a", "1");
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 10ms);
    engine.AddFault(Call::kCommit, Fault::Delay(1h));
    const auto late = co_await engine.Commit({.compares = {}, .then = {Operation::Put("b", "1")}},
                                             Deadline::After(5ms));
    EXPECT_EQ(CodeOf(late), ErrorCode::kDeadlineExceeded);
    EXPECT_EQ(co_await Read(engine, "b"), std::nullopt);
  });
}

TEST_F(ModelCoordinationTest, FollowsTheClockItIsGiven) {
  Run([](ModelCoordination& engine, HandClock& clock) -> Task<void> {
    const LeaseId lease = Must(co_await engine.GrantLease(1h, Soon()));
    const Revision put = co_await Put(engine, "a", "1", lease);
    clock.Move(1h - 1ms);
    EXPECT_EQ(co_await ReadValue(engine, "a"), "1");
    const auto watch = engine.WatchPrefix("a", put);
    const std::jthread mover([&] {
      clock.Move(1ms);
      engine.EndDueLeases();
    });
    const WatchBatch batch = Must(co_await watch->Next(Soon()));
    EXPECT_EQ(batch.events.at(0).kind, Event::Kind::kDelete);
  });
}

TEST_F(ModelCoordinationTest, ForgetsHistoryBeyondItsBoundInWholeRevisions) {
  Run([](ModelCoordination& engine, HandClock&) -> Task<void> {
    Txn three;
    for (const char* key : {"a", "b", "c"}) three.then.push_back(Operation::Put(key, "1"));
    co_await MustCommit(engine, three);
    const auto watch = engine.WatchPrefix("", 0);
    const WatchBatch all = Must(co_await watch->Next(Soon()));
    EXPECT_EQ(all.events.size(), 3U);
    const Revision last = (co_await MustCommit(engine, three)).revision;
    const WatchBatch more = Must(co_await watch->Next(Soon()));
    EXPECT_EQ(more.events.size(), 3U);
    EXPECT_EQ(more.revision, last);
    co_await MustCommit(engine, three);
    const auto late = co_await engine.WatchPrefix("", 0)->Next(Soon());
    EXPECT_EQ(CodeOf(late), ErrorCode::kOutOfRange);
  });
}

TEST(LeaseTable, BoundsHowManyLeasesAreOut) {
  LeaseTable table(1);
  for (std::size_t i = 0; i < kLeasesMax; ++i) {
    ASSERT_TRUE(table.Grant(1h, SteadyTime()).has_value());
  }
  EXPECT_EQ(CodeOf(table.Grant(1h, SteadyTime())), ErrorCode::kResourceExhausted);
}

TEST(LeaseTable, DoesNotRenewALeaseThatIsOverButNotYetForgotten) {
  LeaseTable table(7);
  const LeaseId lease = table.Grant(10ms, SteadyTime()).value();
  EXPECT_EQ(table.next_end(), SteadyTime(10ms));
  EXPECT_TRUE(table.IsAlive(lease, SteadyTime(9ms)));
  EXPECT_EQ(CodeOf(table.Renew(lease, SteadyTime(10ms))), ErrorCode::kNotFound);
  EXPECT_THAT(table.Ended(SteadyTime(10ms)), ElementsAre(lease));
  table.Forget(lease);
  EXPECT_THAT(table.Ended(SteadyTime(10ms)), IsEmpty());
}

}  // namespace
}  // namespace tritontube::coordination
