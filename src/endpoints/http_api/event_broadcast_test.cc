#include "endpoints/http_api/event_broadcast.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "foundation/async/task_group.h"
#include "support/catalog_world.h"

namespace tritontube::http_api {
namespace {

using async::Task;
using coordination::Fault;
using coordination::LeaseId;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::Must;
using support::Names;
using support::Soon;
using testing::HasSubstr;
using Piece = EventBroadcast::Piece;
using Listener = EventBroadcast::Listener;

Deadline AtOnce() { return Deadline::After(std::chrono::milliseconds(5)); }

Task<void> HearOne(Listener& listener, Piece& heard) {
  heard = Must(co_await listener.Next(Soon()));
}

Task<void> HearThatItIsCancelled(Listener& listener) {
  EXPECT_EQ(CodeOf(co_await listener.Next(Soon())), ErrorCode::kCancelled);
}

Task<Listener> Begun(EventBroadcast& broadcast) {
  Listener listener = broadcast.Listen(std::nullopt);
  Must(co_await listener.Begin(Soon()));
  co_return listener;
}

TEST(EventBroadcast, ReadsAndWordsAChangeOnceForAllWhoListen) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    EventBroadcast broadcast(world.catalog, world.engine);
    const LeaseId lease = co_await world.NewLease();
    std::vector<Listener> listeners;
    listeners.reserve(5);
    for (int i = 0; i < 5; ++i) listeners.push_back(co_await Begun(broadcast));
    std::vector<Piece> heard(listeners.size());
    async::TaskGroup group(world.pool.executor(0));
    for (std::size_t i = 0; i < heard.size(); ++i) group.Spawn(HearOne(listeners[i], heard[i]));
    const Names names = co_await world.Uploading(lease);
    co_await group.Join();
    EXPECT_THAT(*heard[0].text, HasSubstr("event: video"));
    EXPECT_THAT(*heard[0].text, HasSubstr(names.video.text()));
    for (const Piece& piece : heard) EXPECT_EQ(piece.text, heard[0].text);
  });
}

TEST(EventBroadcast, IsFollowedByAnotherWhenTheFollowerHasLeft) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    EventBroadcast broadcast(world.catalog, world.engine);
    const LeaseId lease = co_await world.NewLease();
    auto first = std::make_unique<Listener>(co_await Begun(broadcast));
    Listener second = co_await Begun(broadcast);
    EXPECT_EQ(Must(co_await first->Next(AtOnce())).text, nullptr);
    first.reset();
    const Names names = co_await world.Uploading(lease);
    EXPECT_THAT(*Must(co_await second.Next(Soon())).text, HasSubstr(names.video.text()));
    EXPECT_EQ(Must(co_await second.Next(AtOnce())).text, nullptr);
  });
}

TEST(EventBroadcast, LetsTheOthersHearOnWhenTheFollowerIsCancelled) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    EventBroadcast broadcast(world.catalog, world.engine);
    const LeaseId lease = co_await world.NewLease();
    Listener first = co_await Begun(broadcast);
    Listener second = co_await Begun(broadcast);
    Piece heard;
    async::TaskGroup following(world.pool.executor(0));
    async::TaskGroup waiting(world.pool.executor(0));
    following.Spawn(HearThatItIsCancelled(first));
    waiting.Spawn(HearOne(second, heard));
    co_await following.Stop();
    const Names names = co_await world.Uploading(lease);
    co_await waiting.Join();
    EXPECT_THAT(*heard.text, HasSubstr(names.video.text()));
  });
}

TEST(EventBroadcast, TellsWhoComesBackWhatHeHasMissed) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    EventBroadcast broadcast(world.catalog, world.engine);
    const LeaseId lease = co_await world.NewLease();
    const Names before = co_await world.Uploading(lease);
    Listener first = co_await Begun(broadcast);
    EXPECT_EQ(Must(co_await first.Next(AtOnce())).text, nullptr);
    Listener back = broadcast.Listen(0);
    Must(co_await back.Begin(Soon()));
    EXPECT_THAT(*Must(co_await back.Next(Soon())).text, HasSubstr(before.video.text()));
    const Names after = co_await world.Uploading(lease);
    EXPECT_THAT(*Must(co_await back.Next(Soon())).text, HasSubstr(after.video.text()));
    const Piece piece = Must(co_await first.Next(Soon()));
    EXPECT_THAT(*piece.text, HasSubstr(after.video.text()));
    EXPECT_THAT(*piece.text, Not(HasSubstr(before.video.text())));
  });
}

std::size_t CountOf(std::string_view what, std::string_view text) {
  std::size_t count = 0;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) {
    ++count;
  }
  return count;
}

TEST(EventBroadcast, NamesARevisionOnlyBehindAllThatHappenedUntilThen) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    EventBroadcast broadcast(world.catalog, world.engine);
    const LeaseId lease = co_await world.NewLease();
    for (int i = 0; i < 3; ++i) co_await world.Uploading(lease);
    Listener back = broadcast.Listen(0);
    Must(co_await back.Begin(Soon()));
    const Piece missed = Must(co_await back.Next(Soon()));
    const std::string text = missed.text ? *missed.text : "";
    EXPECT_EQ(CountOf("event: video", text), 3U);
    EXPECT_EQ(CountOf("id: ", text), 1U);
    EXPECT_GT(text.rfind("id: "), text.find("event: video", text.find("event: video") + 1))
        << "with the last one";
  });
}

// Each change is wide, so that few are kept.
TEST(EventBroadcast, LetsWhoIsSlowReadAgainWhatIsNotKeptAnyMore) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    EventBroadcast broadcast(world.catalog, world.engine);
    const LeaseId lease = co_await world.NewLease();
    Listener quick = co_await Begun(broadcast);
    Listener slow = co_await Begun(broadcast);
    const std::string title(60'000, 'x');
    std::vector<Names> videos;
    for (int i = 0; i < 100; ++i) {
      videos.push_back(co_await world.Uploading(lease, title));
      Must(co_await quick.Next(Soon()));
    }
    std::string missed;
    for (Piece piece = Must(co_await slow.Next(Soon())); piece.text;
         piece = Must(co_await slow.Next(AtOnce()))) {
      missed += *piece.text;
    }
    for (const Names& names : videos) {
      EXPECT_NE(missed.find(names.video.text()), std::string::npos);
    }
  });
}

TEST(EventBroadcast, TellsAgainWhatAnErrorKeptItFromTelling) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    EventBroadcast broadcast(world.catalog, world.engine);
    const LeaseId lease = co_await world.NewLease();
    Listener listener = co_await Begun(broadcast);
    EXPECT_EQ(Must(co_await listener.Next(AtOnce())).text, nullptr);
    const Names names = co_await world.Uploading(lease);
    world.engine.AddFault(coordination::Call::kWatch, Fault::Error(ErrorCode::kUnavailable));
    EXPECT_EQ(CodeOf(co_await listener.Next(Soon())), ErrorCode::kUnavailable);
    EXPECT_THAT(*Must(co_await listener.Next(Soon())).text, HasSubstr(names.video.text()));
  });
}

}  // namespace
}  // namespace tritontube::http_api
