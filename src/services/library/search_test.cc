#include "services/library/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"
#include "support/catalog_world.h"
#include "support/memory_search_index.h"

namespace tritontube::library {
namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using coordination::LeaseId;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::MemorySearchIndex;
using support::Must;
using support::Names;
using support::Soon;
using testing::ElementsAre;
using testing::IsEmpty;

bool Anybody(const catalog::VideoRow& /*row*/) { return true; }

TEST(Search, FindsWhatWasThereBeforeIt) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = co_await world.Uploading(co_await world.NewLease(), "A harbour");
    MemorySearchIndex index;
    Search search(world.catalog, world.engine, index);
    Must(co_await search.UpdateNow(Soon()));
    EXPECT_THAT(Must(co_await search.Find({.words = "harb"}, Soon())).ids,
                ElementsAre(names.video));
    EXPECT_EQ(search.counts().fills, 1U);
    EXPECT_TRUE(search.counts().filled);
  });
}

TEST(Search, FillsItselfFromMorePagesThanOne) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    constexpr std::size_t kCount = 1203;
    for (std::size_t i = 0; i < kCount; ++i) co_await world.Uploading(lease);
    MemorySearchIndex index;
    Search search(world.catalog, world.engine, index);
    Must(co_await search.UpdateNow(Soon()));
    EXPECT_EQ(index.rows().size(), kCount);
  });
}

TEST(Search, FindsWhatHasJustChangedWithoutWaitingForAnybody) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemorySearchIndex index;
    Search search(world.catalog, world.engine, index);
    Must(co_await search.UpdateNow(Soon()));
    const Names names = co_await world.Uploading(co_await world.NewLease(), "Before");
    EXPECT_THAT(Must(co_await search.Find({.words = "before"}, Soon())).ids,
                ElementsAre(names.video));
    Must(co_await world.catalog.Edit(names.video, {.title = "Afterwards"}, Anybody, Soon()));
    EXPECT_THAT(Must(co_await search.Find({.words = "before"}, Soon())).ids, IsEmpty());
    EXPECT_THAT(Must(co_await search.Find({.words = "after"}, Soon())).ids,
                ElementsAre(names.video));
    Must(co_await world.catalog.Delete(names.video, Soon()));
    EXPECT_THAT(Must(co_await search.Find({.words = "after"}, Soon())).ids, IsEmpty());
    EXPECT_EQ(search.counts().fills, 1U);
  });
}

TEST(Search, GoesOnWhereTheIndexEndsAfterARestart) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    MemorySearchIndex index;
    {
      Search search(world.catalog, world.engine, index);
      co_await world.Uploading(lease, "One");
      Must(co_await search.UpdateNow(Soon()));
    }
    co_await world.Uploading(lease, "Two");
    Search search(world.catalog, world.engine, index);
    Must(co_await search.UpdateNow(Soon()));
    EXPECT_EQ(index.rows().size(), 2U);
    EXPECT_EQ(search.counts().fills, 0U);
    EXPECT_EQ(index.clear_count(), 1);
  });
}

TEST(Search, FillsTheIndexAgainWhenNobodyKnowsWhatItHasMissed) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names gone = co_await world.Uploading(lease, "Gone");
    MemorySearchIndex index;
    {
      Search search(world.catalog, world.engine, index);
      Must(co_await search.UpdateNow(Soon()));
    }
    Must(co_await world.catalog.Delete(gone.video, Soon()));
    co_await world.Uploading(lease, "New");
    world.engine.ForgetHistory();
    Search search(world.catalog, world.engine, index);
    EXPECT_EQ(CodeOf(co_await search.UpdateNow(Soon())), ErrorCode::kOutOfRange);
    Must(co_await search.UpdateNow(Soon()));
    EXPECT_THAT(Must(co_await search.Find({.words = "gone"}, Soon())).ids, IsEmpty());
    EXPECT_EQ(Must(co_await search.Find({.words = "new"}, Soon())).ids.size(), 1U);
  });
}

TEST(Search, DoesNotBelieveAnIndexFromAnotherLifeOfTheData) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemorySearchIndex index;
    Must(co_await index.Apply({.position = 1LL << 40U}, Soon()));
    Search search(world.catalog, world.engine, index);
    Must(co_await search.UpdateNow(Soon()));
    EXPECT_EQ(index.clear_count(), 1);
  });
}

TEST(Search, SaysThatTheIndexIsBeingMadeUntilItIs) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemorySearchIndex index;
    Search search(world.catalog, world.engine, index);
    EXPECT_EQ(CodeOf(co_await search.Find({.words = "a"}, Soon())), ErrorCode::kUnavailable);
    index.FailNext(ErrorCode::kResourceExhausted);
    EXPECT_EQ(CodeOf(co_await search.UpdateNow(Soon())), ErrorCode::kResourceExhausted);
    EXPECT_EQ(CodeOf(co_await search.Find({.words = "a"}, Soon())), ErrorCode::kUnavailable);
    Must(co_await search.UpdateNow(Soon()));
    Must(co_await search.Find({.words = "a"}, Soon()));
  });
}

TEST(Search, MakesADamagedIndexAnew) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const telemetry::LogCapture log;
    co_await world.Uploading(co_await world.NewLease(), "A harbour");
    MemorySearchIndex index;
    Search search(world.catalog, world.engine, index);
    Must(co_await search.UpdateNow(Soon()));
    index.FailNext(ErrorCode::kCorrupt);
    EXPECT_EQ(CodeOf(co_await search.Find({.words = "harb"}, Soon())), ErrorCode::kUnavailable);
    Must(co_await search.UpdateNow(Soon()));
    EXPECT_EQ(index.clear_count(), 2);
    EXPECT_NE(log.Find({"the search index could not be kept up to date", "made_anew=true"}), "");
    EXPECT_NE(log.Find({"the search index is made", "rows=1"}), "");
    EXPECT_EQ(Must(co_await search.Find({.words = "harb"}, Soon())).ids.size(), 1U);
  });
}

TEST(Search, TakesInAgainWhatTheIndexCouldNotTake) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemorySearchIndex index;
    Search search(world.catalog, world.engine, index);
    Must(co_await search.UpdateNow(Soon()));
    co_await world.Uploading(co_await world.NewLease(), "A harbour");
    index.FailNext(ErrorCode::kResourceExhausted);
    EXPECT_FALSE((co_await search.UpdateNow(Soon())).has_value());
    Must(co_await search.UpdateNow(Soon()));
    EXPECT_EQ(search.counts().fills, 1U);
    EXPECT_EQ(Must(co_await search.Find({.words = "harb"}, Soon())).ids.size(), 1U);
  });
}

TEST(Search, PassesOnThatTheMetadataCannotBeRead) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemorySearchIndex index;
    Search search(world.catalog, world.engine, index);
    Must(co_await search.UpdateNow(Soon()));
    world.engine.AddFault(Call::kGet, Fault::Error(ErrorCode::kUnavailable));
    EXPECT_EQ(CodeOf(co_await search.Find({.words = "a"}, Soon())), ErrorCode::kUnavailable);
    Must(co_await search.Find({.words = "a"}, Soon()));
  });
}

TEST(Search, KeepsItselfUpToDateUntilItIsStopped) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    MemorySearchIndex index;
    Search search(world.catalog, world.engine, index, {.interval = std::chrono::milliseconds(1)});
    async::TaskGroup group(world.pool.executor(0));
    group.Spawn(search.Run());
    const Names names = co_await world.Uploading(co_await world.NewLease(), "A harbour");
    // Before it is filled this waits for its turn.
    Result<catalog::SearchPage> found = co_await search.Find({.words = "harbour"}, Soon());
    while (!found) found = co_await search.Find({.words = "harbour"}, Soon());
    EXPECT_THAT(found->ids, ElementsAre(names.video));
    co_await group.Stop();
  });
}

}  // namespace
}  // namespace tritontube::library
