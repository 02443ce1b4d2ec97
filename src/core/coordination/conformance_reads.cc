#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

#include "core/coordination/conformance_suite.h"

namespace tritontube::coordination {
namespace {

using async::Task;
using testing::ElementsAre;
using testing::IsEmpty;

Task<RangePage> ReadRange(Coordination& engine, RangeRequest request) {
  co_return Must(co_await engine.Range(std::move(request), Soon()));
}

std::vector<std::string> KeysOf(const RangePage& page) {
  std::vector<std::string> keys;
  keys.reserve(page.items.size());
  for (const KeyValue& item : page.items) keys.push_back(item.key);
  return keys;
}

TEST_P(ConformanceTest, GetOfAnUnknownKeyGivesNothingAndTheRevision) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision revision = co_await Put(engine, "a", "1");
    const GetAnswer answer = Must(co_await engine.Get("unknown", Soon()));
    EXPECT_EQ(answer.item, std::nullopt);
    EXPECT_EQ(answer.revision, revision);
  });
}

TEST_P(ConformanceTest, GetGivesTheValueAndWhoWroteIt) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Revision first = co_await Put(engine, "a", "1");
    const Revision second = co_await Put(engine, "a", "2");
    EXPECT_GT(second, first);
    const auto item = co_await Read(engine, "a");
    EXPECT_EQ(item, (KeyValue{.key = "a", .value = "2", .created = first, .modified = second}));
  });
}

TEST_P(ConformanceTest, AKeyThatComesBackIsCreatedAnew) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    co_await Put(engine, "a", "1");
    co_await Delete(engine, "a");
    EXPECT_EQ(co_await Read(engine, "a"), std::nullopt);
    const Revision again = co_await Put(engine, "a", "1");
    const auto item = co_await Read(engine, "a");
    EXPECT_EQ(item.value().created, again);
    EXPECT_EQ(item.value().modified, again);
  });
}

TEST_P(ConformanceTest, KeysAndValuesAreBytes) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const std::string odd("\0\xff'\"%_*\n\x80", 9);
    co_await Put(engine, odd, odd);
    EXPECT_EQ(co_await ReadValue(engine, odd), odd);
    co_await Put(engine, "empty", "");
    EXPECT_EQ(co_await ReadValue(engine, "empty"), "");
  });
}

TEST_P(ConformanceTest, RangeGivesTheKeysOfThePrefixInOrder) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    for (const char* key : {"b/2", "a", "b/10", "c", "b/", "b"}) co_await Put(engine, key, "x");
    const RangePage page = co_await ReadRange(engine, {.prefix = "b/"});
    EXPECT_THAT(KeysOf(page), ElementsAre("b/", "b/10", "b/2"));
    EXPECT_FALSE(page.more);
    EXPECT_EQ(page.revision, co_await Now(engine));
    const RangePage everything = co_await ReadRange(engine, {.prefix = ""});
    EXPECT_EQ(everything.items.size(), 6U);
    const RangePage nothing = co_await ReadRange(engine, {.prefix = "d"});
    EXPECT_THAT(nothing.items, IsEmpty());
  });
}

TEST_P(ConformanceTest, RangeGivesWholeItems) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    co_await Put(engine, "a", "1");
    const RangePage page = co_await ReadRange(engine, {.prefix = "a"});
    const auto item = co_await Read(engine, "a");
    EXPECT_THAT(page.items, ElementsAre(item.value()));
  });
}

TEST_P(ConformanceTest, RangeIsReadPageByPage) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    for (const char* key : {"p/1", "p/2", "p/3", "p/4", "q"}) co_await Put(engine, key, "x");
    const RangePage first = co_await ReadRange(engine, {.prefix = "p/", .limit = 2});
    EXPECT_THAT(KeysOf(first), ElementsAre("p/1", "p/2"));
    EXPECT_TRUE(first.more);
    const RangePage second =
        co_await ReadRange(engine, {.prefix = "p/", .after = "p/2", .limit = 2});
    EXPECT_THAT(KeysOf(second), ElementsAre("p/3", "p/4"));
    EXPECT_FALSE(second.more);
    const RangePage third =
        co_await ReadRange(engine, {.prefix = "p/", .after = "p/4", .limit = 2});
    EXPECT_THAT(third.items, IsEmpty());
  });
}

TEST_P(ConformanceTest, TheCursorMayStandOutsideThePrefixOrOnNoKey) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    for (const char* key : {"p/1", "p/3"}) co_await Put(engine, key, "x");
    const RangePage before = co_await ReadRange(engine, {.prefix = "p/", .after = "a"});
    EXPECT_THAT(KeysOf(before), ElementsAre("p/1", "p/3"));
    const RangePage between = co_await ReadRange(engine, {.prefix = "p/", .after = "p/2"});
    EXPECT_THAT(KeysOf(between), ElementsAre("p/3"));
    const RangePage behind = co_await ReadRange(engine, {.prefix = "p/", .after = "z"});
    EXPECT_THAT(behind.items, IsEmpty());
  });
}

TEST_P(ConformanceTest, PrefixesOfOddBytesMatchExactly) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const std::string zero("z\0", 2);
    const std::string top = "z\xff\xff";
    for (const std::string& key : {zero + "1", top, top + "\xff", std::string("z%"),
                                   std::string("z_"), std::string("zz"), std::string("{")}) {
      co_await Put(engine, key, "x");
    }
    EXPECT_THAT(KeysOf(co_await ReadRange(engine, {.prefix = zero})), ElementsAre(zero + "1"));
    EXPECT_THAT(KeysOf(co_await ReadRange(engine, {.prefix = top})),
                ElementsAre(top, top + "\xff"));
    EXPECT_THAT(KeysOf(co_await ReadRange(engine, {.prefix = "z%"})), ElementsAre("z%"));
    EXPECT_THAT(KeysOf(co_await ReadRange(engine, {.prefix = "\xff"})), IsEmpty());
  });
}

TEST_P(ConformanceTest, RequestsBeyondTheLimitsAreRefused) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const std::string long_key(kKeyBytesMax + 1, 'k');
    const auto empty_key = co_await engine.Get("", Soon());
    EXPECT_EQ(CodeOf(empty_key), ErrorCode::kInvalidArgument);
    const auto endless_key = co_await engine.Get(long_key, Soon());
    EXPECT_EQ(CodeOf(endless_key), ErrorCode::kInvalidArgument);
    const auto endless_prefix = co_await engine.Range({.prefix = long_key}, Soon());
    EXPECT_EQ(CodeOf(endless_prefix), ErrorCode::kInvalidArgument);
    const auto no_items = co_await engine.Range({.prefix = "a", .limit = 0}, Soon());
    EXPECT_EQ(CodeOf(no_items), ErrorCode::kInvalidArgument);
    const auto too_many =
        co_await engine.Range({.prefix = "a", .limit = kRangeItemsMax + 1}, Soon());
    EXPECT_EQ(CodeOf(too_many), ErrorCode::kInvalidArgument);
    co_await Put(engine, std::string(kKeyBytesMax, 'k'), "x");
  });
}

TEST_P(ConformanceTest, NothingHappensAfterTheDeadline) {
  Run([](Coordination& engine, const EngineUnderTest&) -> Task<void> {
    const Deadline past = Deadline::After(std::chrono::seconds(-1));
    const auto got = co_await engine.Get("a", past);
    EXPECT_EQ(CodeOf(got), ErrorCode::kDeadlineExceeded);
    const auto ranged = co_await engine.Range({.prefix = "a"}, past);
    EXPECT_EQ(CodeOf(ranged), ErrorCode::kDeadlineExceeded);
    const auto committed =
        co_await engine.Commit({.compares = {}, .then = {Operation::Put("a", "1")}}, past);
    EXPECT_EQ(CodeOf(committed), ErrorCode::kDeadlineExceeded);
    EXPECT_EQ(co_await Read(engine, "a"), std::nullopt);
    const auto granted = co_await engine.GrantLease(std::chrono::seconds(1), past);
    EXPECT_EQ(CodeOf(granted), ErrorCode::kDeadlineExceeded);
    const auto renewed = co_await engine.RenewLease(1, past);
    EXPECT_EQ(CodeOf(renewed), ErrorCode::kDeadlineExceeded);
    const auto revoked = co_await engine.RevokeLease(1, past);
    EXPECT_EQ(CodeOf(revoked), ErrorCode::kDeadlineExceeded);
  });
}

}  // namespace
}  // namespace tritontube::coordination
