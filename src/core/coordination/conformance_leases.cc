#include <gmock/gmock.h>

#include "core/coordination/conformance_suite.h"

namespace tritontube::coordination {
namespace {

using async::Task;
using std::chrono_literals::operator""h;
using testing::ElementsAre;

Task<LeaseId> Grant(Coordination& engine, std::chrono::milliseconds ttl) {
  co_return Must(co_await engine.GrantLease(ttl, Soon()));
}

// Waits for the first thing that happens under `prefix` after `after`.
Task<WatchBatch> Next(Coordination& engine, std::string prefix, Revision after) {
  const auto watch = engine.WatchPrefix(std::move(prefix), after);
  co_return Must(co_await watch->Next(Soon()));
}

TEST_P(ConformanceTest, AKeyNamesTheLeaseThatItLivesUnder) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const LeaseId lease = co_await Grant(engine, 1h);
    EXPECT_NE(lease, kNoLease);
    EXPECT_NE(co_await Grant(engine, 1h), lease);
    co_await Put(engine, "a", "1", lease);
    EXPECT_EQ((co_await Read(engine, "a")).value().lease, lease);
  });
}

TEST_P(ConformanceTest, RevokingALeaseDeletesItsKeysAndNoOthers) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const LeaseId lease = co_await Grant(engine, 1h);
    const LeaseId other = co_await Grant(engine, 1h);
    co_await Put(engine, "a", "1", lease);
    co_await Put(engine, "b", "1", lease);
    co_await Put(engine, "c", "1", other);
    const Revision before = co_await Put(engine, "d", "1");
    Must(co_await engine.RevokeLease(lease, Soon()));
    EXPECT_EQ(co_await Read(engine, "a"), std::nullopt);
    EXPECT_EQ(co_await Read(engine, "b"), std::nullopt);
    EXPECT_EQ(co_await ReadValue(engine, "c"), "1");
    EXPECT_EQ(co_await ReadValue(engine, "d"), "1");
    EXPECT_EQ(co_await Now(engine), before + 1);
    const auto again = co_await engine.RevokeLease(lease, Soon());
    EXPECT_TRUE(again.has_value());
  });
}

TEST_P(ConformanceTest, AnotherPutTakesAKeyOutOfItsLease) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const LeaseId lease = co_await Grant(engine, 1h);
    const LeaseId other = co_await Grant(engine, 1h);
    co_await Put(engine, "a", "1", lease);
    co_await Put(engine, "b", "1", lease);
    co_await Put(engine, "a", "2");
    co_await Put(engine, "b", "2", other);
    Must(co_await engine.RevokeLease(lease, Soon()));
    EXPECT_EQ(co_await ReadValue(engine, "a"), "2");
    EXPECT_EQ(co_await ReadValue(engine, "b"), "2");
    Must(co_await engine.RevokeLease(other, Soon()));
    EXPECT_EQ(co_await Read(engine, "b"), std::nullopt);
  });
}

TEST_P(ConformanceTest, ALeaseThatNobodyRenewsEndsWithItsKeys) {
  Run([](Coordination& engine, const EngineUnderTest& traits) -> Task<void> {
    const LeaseId lease = co_await Grant(engine, traits.ttl_min * 5);
    const Revision put = co_await Put(engine, "a/1", "1", lease);
    co_await Put(engine, "b", "stays");
    const WatchBatch batch = co_await Next(engine, "a/", put);
    const Event gone{Event::Kind::kDelete, {.key = "a/1", .modified = batch.revision}};
    EXPECT_THAT(batch.events, ElementsAre(gone));
    EXPECT_EQ(co_await Read(engine, "a/1"), std::nullopt);
    EXPECT_EQ(co_await ReadValue(engine, "b"), "stays");
  });
}

TEST_P(ConformanceTest, AnEndedLeaseIsNotFound) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const LeaseId lease = co_await Grant(engine, 1h);
    Must(co_await engine.RevokeLease(lease, Soon()));
    const auto renewed = co_await engine.RenewLease(lease, Soon());
    EXPECT_EQ(CodeOf(renewed), ErrorCode::kNotFound);
    const Revision before = co_await Now(engine);
    const auto put = co_await engine.Commit(
        {.compares = {}, .then = {Operation::Put("a", "1"), Operation::Put("b", "1", lease)}},
        Soon());
    EXPECT_EQ(CodeOf(put), ErrorCode::kNotFound);
    EXPECT_EQ(co_await Read(engine, "a"), std::nullopt);
    EXPECT_EQ(co_await Now(engine), before);
    const auto never = co_await engine.RenewLease(lease + 1'000'000, Soon());
    EXPECT_EQ(CodeOf(never), ErrorCode::kNotFound);
  });
}

TEST_P(ConformanceTest, AnEndedLeaseInTheOtherBranchIsNoMatter) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const LeaseId lease = co_await Grant(engine, 1h);
    Must(co_await engine.RevokeLease(lease, Soon()));
    const TxnAnswer answer =
        co_await MustCommit(engine, {.compares = {},
                                     .then = {Operation::Put("a", "1")},
                                     .otherwise = {Operation::Put("a", "2", lease)}});
    EXPECT_TRUE(answer.succeeded);
  });
}

TEST_P(ConformanceTest, ALeaseThatIsRenewedOutlivesItsTtl) {
  Run([](Coordination& engine, const EngineUnderTest& traits) -> Task<void> {
    const auto ttl = traits.ttl_min * 25;
    const LeaseId kept = co_await Grant(engine, ttl);
    const Revision put = co_await Put(engine, "kept", "1", kept);
    // A second lease, as long, measures that the first would have ended by now.
    const LeaseId left = co_await Grant(engine, ttl);
    co_await Put(engine, "left", "1", left);
    const auto watch = engine.WatchPrefix("left", put + 1);
    for (WatchBatch batch; batch.events.empty();) {
      Must(co_await engine.RenewLease(kept, Soon()));
      batch = Must(co_await watch->Next(Deadline::After(ttl / 10)));
    }
    EXPECT_EQ(co_await ReadValue(engine, "kept"), "1");
    const WatchBatch end = co_await Next(engine, "kept", put);
    EXPECT_EQ(end.events.at(0).kind, Event::Kind::kDelete);
  });
}

TEST_P(ConformanceTest, LeasesOfNoLengthAreRefused) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const auto none = co_await engine.GrantLease(std::chrono::milliseconds(0), Soon());
    EXPECT_EQ(CodeOf(none), ErrorCode::kInvalidArgument);
    const auto endless =
        co_await engine.GrantLease(kLeaseTtlMax + std::chrono::milliseconds(1), Soon());
    EXPECT_EQ(CodeOf(endless), ErrorCode::kInvalidArgument);
  });
}

}  // namespace
}  // namespace tritontube::coordination
