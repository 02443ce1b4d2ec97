#include <gmock/gmock.h>

#include "core/coordination/conformance_suite.h"

namespace tritontube::coordination {
namespace {

using async::Task;
using testing::ElementsAre;

TEST_P(ConformanceTest, OnlyOneOfTwoCreatesAKey) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Txn create{.compares = {{.key = "a", .modified = 0}},
                     .then = {Operation::Put("a", "first")}};
    const TxnAnswer won = co_await MustCommit(engine, create);
    EXPECT_TRUE(won.succeeded);
    const TxnAnswer lost = co_await MustCommit(engine, create);
    EXPECT_FALSE(lost.succeeded);
    EXPECT_EQ(lost.revision, won.revision);
  });
}

TEST_P(ConformanceTest, AnUpdateHappensOnlyWhenNobodyWasFaster) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision seen = co_await Put(engine, "a", "1");
    const Txn update{.compares = {{.key = "a", .modified = seen}},
                     .then = {Operation::Put("a", "2")}};
    EXPECT_TRUE((co_await MustCommit(engine, update)).succeeded);
    EXPECT_FALSE((co_await MustCommit(engine, update)).succeeded);
    co_await Delete(engine, "a");
    EXPECT_FALSE((co_await MustCommit(engine, update)).succeeded);
  });
}

TEST_P(ConformanceTest, EveryCompareMustHold) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision a = co_await Put(engine, "a", "1");
    const Revision b = co_await Put(engine, "b", "1");
    const TxnAnswer answer = co_await MustCommit(
        engine, {.compares = {{.key = "a", .modified = a}, {.key = "b", .modified = b - 1}},
                 .then = {Operation::Put("c", "then")},
                 .otherwise = {Operation::Put("d", "otherwise")}});
    EXPECT_FALSE(answer.succeeded);
    EXPECT_EQ(co_await Read(engine, "c"), std::nullopt);
    EXPECT_EQ(co_await ReadValue(engine, "d"), "otherwise");
  });
}

TEST_P(ConformanceTest, ABranchHappensInOneRevision) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    co_await Put(engine, "old", "x");
    const TxnAnswer answer = co_await MustCommit(
        engine,
        {.compares = {},
         .then = {Operation::Put("a", "1"), Operation::Put("b", "2"), Operation::Delete("old")}});
    EXPECT_TRUE(answer.succeeded);
    EXPECT_EQ((co_await Read(engine, "a")).value().modified, answer.revision);
    EXPECT_EQ((co_await Read(engine, "b")).value().modified, answer.revision);
    EXPECT_EQ(co_await Read(engine, "old"), std::nullopt);
    EXPECT_EQ(co_await Now(engine), answer.revision);
  });
}

TEST_P(ConformanceTest, GetsOfABranchSeeTheWritesBeforeThem) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision created = co_await Put(engine, "a", "1");
    const TxnAnswer answer =
        co_await MustCommit(engine, {.compares = {},
                                     .then = {Operation::Get("a"), Operation::Put("a", "2"),
                                              Operation::Get("a"), Operation::Get("missing")}});
    const KeyValue before{.key = "a", .value = "1", .created = created, .modified = created};
    const KeyValue after{.key = "a", .value = "2", .created = created, .modified = answer.revision};
    EXPECT_THAT(answer.gets, ElementsAre(before, after, std::nullopt));
  });
}

TEST_P(ConformanceTest, TheOtherBranchCanReadWhyItLost) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    co_await Put(engine, "a", "theirs");
    const TxnAnswer answer = co_await MustCommit(engine, {.compares = {{.key = "a", .modified = 0}},
                                                          .then = {Operation::Put("a", "ours")},
                                                          .otherwise = {Operation::Get("a")}});
    EXPECT_FALSE(answer.succeeded);
    EXPECT_THAT(answer.gets, ElementsAre(co_await Read(engine, "a")));
  });
}

TEST_P(ConformanceTest, WhatChangesNothingMakesNoRevision) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision before = co_await Put(engine, "a", "1");
    const TxnAnswer read =
        co_await MustCommit(engine, {.compares = {}, .then = {Operation::Get("a")}});
    EXPECT_EQ(read.revision, before);
    EXPECT_EQ(co_await Delete(engine, "missing"), before);
    const TxnAnswer empty = co_await MustCommit(engine, {.compares = {}, .then = {}});
    EXPECT_TRUE(empty.succeeded);
    EXPECT_EQ(co_await Now(engine), before);
  });
}

TEST_P(ConformanceTest, ABranchThatWritesAKeyTwiceIsRefused) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const std::vector<Operation> twice = {Operation::Put("a", "1"), Operation::Delete("a")};
    const auto then = co_await engine.Commit({.compares = {}, .then = twice}, Soon());
    EXPECT_EQ(CodeOf(then), ErrorCode::kInvalidArgument);
    const auto otherwise =
        co_await engine.Commit({.compares = {}, .then = {}, .otherwise = twice}, Soon());
    EXPECT_EQ(CodeOf(otherwise), ErrorCode::kInvalidArgument);
    const auto once_each = co_await engine.Commit(
        {.compares = {}, .then = {Operation::Put("a", "1")}, .otherwise = {Operation::Delete("a")}},
        Soon());
    EXPECT_TRUE(once_each.has_value());
  });
}

TEST_P(ConformanceTest, TransactionsBeyondTheLimitsAreRefused) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    Txn many;
    for (std::size_t i = 0; i < kTxnOperationsMax; ++i) {
      many.compares.push_back({.key = std::to_string(i), .modified = 0});
      many.then.push_back(Operation::Put(std::to_string(i), "x"));
    }
    Txn more_writes = many;
    more_writes.then.push_back(Operation::Put("one more", "x"));
    const auto writes = co_await engine.Commit(more_writes, Soon());
    EXPECT_EQ(CodeOf(writes), ErrorCode::kInvalidArgument);
    Txn more_compares = many;
    more_compares.compares.push_back({.key = "one more", .modified = 0});
    const auto compares = co_await engine.Commit(more_compares, Soon());
    EXPECT_EQ(CodeOf(compares), ErrorCode::kInvalidArgument);
    EXPECT_TRUE((co_await MustCommit(engine, many)).succeeded);

    const auto bytes = co_await engine.Commit(
        {.compares = {}, .then = {Operation::Put("a", std::string(kTxnBytesMax, 'x'))}}, Soon());
    EXPECT_EQ(CodeOf(bytes), ErrorCode::kInvalidArgument);
    co_await Put(engine, "a", std::string(kTxnBytesMax - 1, 'x'));
  });
}

constexpr int kCounters = 8;
constexpr int kIncrements = 25;

Task<void> Increment(Coordination& engine) {
  for (;;) {
    const std::optional<KeyValue> seen = co_await Read(engine, "counter");
    const int count = seen ? std::stoi(seen->value) : 0;
    Txn txn{.compares = {{.key = "counter", .modified = seen ? seen->modified : 0}},
            .then = {Operation::Put("counter", std::to_string(count + 1))}};
    const TxnAnswer answer = co_await MustCommit(engine, std::move(txn));
    if (answer.succeeded) co_return;
  }
}

TEST_P(ConformanceTest, NoIncrementIsLostWhenManyCount) {
  RunTogether(kCounters, [](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    for (int i = 0; i < kIncrements; ++i) co_await Increment(engine);
  });
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    EXPECT_EQ(co_await ReadValue(engine, "counter"), std::to_string(kCounters * kIncrements));
  });
}

}  // namespace
}  // namespace tritontube::coordination
