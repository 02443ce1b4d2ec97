#include "services/library/event_feed.h"

#include <gtest/gtest.h>

#include "support/catalog_world.h"

namespace tritontube::library {
namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using coordination::LeaseId;
using coordination::Revision;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::Must;
using support::Names;
using support::Soon;
using Kind = FeedEvent::Kind;

Deadline AtOnce() { return Deadline::After(std::chrono::milliseconds(5)); }

TEST(EventFeed, TellsANewSubscriberWhereItBeginsAndNothingOlder) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    co_await world.Uploading(lease);
    EventFeed feed(world.catalog, world.engine, std::nullopt);
    const FeedBatch first = Must(co_await feed.Next(Soon()));
    EXPECT_TRUE(first.events.empty());
    EXPECT_GT(first.revision, 0);
    EXPECT_TRUE(Must(co_await feed.Next(AtOnce())).events.empty());
  });
}

TEST(EventFeed, TellsSeveralChangesOfOneVideoAsOne) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    EventFeed feed(world.catalog, world.engine, std::nullopt);
    const Revision begin = Must(co_await feed.Next(Soon())).revision;
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const FeedBatch batch = Must(co_await feed.Next(Soon()));
    EXPECT_EQ(batch.events.size(), 1U);
    EXPECT_EQ(batch.events[0].kind, Kind::kVideo);
    EXPECT_EQ(batch.events[0].id, names.video);
    EXPECT_EQ(batch.events[0].video->state, catalog::VideoState::kProcessing);
    EXPECT_GT(batch.revision, begin);
  });
}

TEST(EventFeed, TellsDeletedOfDeletedAndOfAbandonedVideos) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names deleted = co_await world.Uploading(co_await world.NewLease());
    const Names abandoned = co_await world.Uploading(lease);
    EventFeed feed(world.catalog, world.engine, std::nullopt);
    Must(co_await feed.Next(Soon()));
    Must(co_await world.catalog.Delete(deleted.video, Soon()));
    Must(co_await world.engine.RevokeLease(lease, Soon()));
    const FeedBatch batch = Must(co_await feed.Next(Soon()));
    EXPECT_EQ(batch.events.size(), 2U);
    EXPECT_EQ(batch.events[0].kind, Kind::kDeleted);
    EXPECT_EQ(batch.events[0].id, deleted.video);
    EXPECT_EQ(batch.events[1].kind, Kind::kDeleted);
    EXPECT_EQ(batch.events[1].id, abandoned.video);
  });
}

TEST(EventFeed, GoesOnWhereASubscriberHasLeft) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    Revision seen = 0;
    {
      EventFeed feed(world.catalog, world.engine, std::nullopt);
      seen = Must(co_await feed.Next(Soon())).revision;
    }
    const Names missed = co_await world.Uploading(lease);
    EventFeed feed(world.catalog, world.engine, seen);
    const FeedBatch batch = Must(co_await feed.Next(Soon()));
    EXPECT_EQ(batch.events.size(), 1U);
    EXPECT_EQ(batch.events[0].id, missed.video);
  });
}

TEST(EventFeed, SaysResetToWhoComesFromAnotherLifeOrTooLate) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    co_await world.Uploading(lease);
    world.engine.ForgetHistory();
    for (const Revision seen : {Revision{0}, Revision{-1}, Revision{1} << 40U}) {
      EventFeed feed(world.catalog, world.engine, seen);
      const FeedBatch reset = Must(co_await feed.Next(Soon()));
      EXPECT_EQ(reset.events.size(), 1U);
      EXPECT_EQ(reset.events[0].kind, Kind::kReset);
      const Names names = co_await world.Uploading(lease);
      const FeedBatch after = Must(co_await feed.Next(Soon()));
      EXPECT_EQ(after.events.size(), 1U);
      EXPECT_EQ(after.events[0].id, names.video);
      EXPECT_GT(after.revision, reset.revision);
      world.engine.ForgetHistory();
    }
  });
}

TEST(EventFeed, TellsAgainWhatAnErrorKeptItFromTelling) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    EventFeed feed(world.catalog, world.engine, std::nullopt);
    const Fault down = Fault::Error(ErrorCode::kUnavailable);
    world.engine.AddFault(Call::kGet, down);
    EXPECT_EQ(CodeOf(co_await feed.Next(Soon())), ErrorCode::kUnavailable);
    Must(co_await feed.Next(Soon()));
    const Names names = co_await world.Uploading(lease);
    world.engine.AddFault(Call::kWatch, down);
    EXPECT_EQ(CodeOf(co_await feed.Next(Soon())), ErrorCode::kUnavailable);
    world.engine.AddFault(Call::kCommit, down);
    EXPECT_EQ(CodeOf(co_await feed.Next(Soon())), ErrorCode::kUnavailable);
    const FeedBatch batch = Must(co_await feed.Next(Soon()));
    EXPECT_EQ(batch.events.size(), 1U);
    EXPECT_EQ(batch.events[0].id, names.video);
  });
}

}  // namespace
}  // namespace tritontube::library
