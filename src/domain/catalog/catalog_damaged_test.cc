#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "domain/catalog/catalog.h"
#include "domain/catalog/catalog_test_steps.h"
#include "domain/catalog/keys.h"
#include "support/catalog_world.h"
#include "support/damaged_coordination.h"

namespace tritontube::catalog {
namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using coordination::LeaseId;
using coordination::Operation;
using support::CatalogWorld;
using support::CodeOf;
using support::DamagedCoordination;
using support::InCatalogWorld;
using support::Must;
using support::Names;
using support::Soon;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr auto kSecond = WallTime(std::chrono::milliseconds(1000));

// A video of which there is every key that a video can have at once.
Task<Names> Transcoding(CatalogWorld& world) {
  const LeaseId lease = co_await world.NewLease();
  const Names names = co_await world.Committed(lease);
  const UploadId output = co_await Claim(world, names, lease);
  Must(co_await world.catalog.SetProgress(names.video, output, 0.5, Soon()));
  Must(co_await world.catalog.BeginExtra(names.video, UploadId::Generate(world.random), lease,
                                         Soon()));
  co_return names;
}

Task<void> EndClaim(CatalogWorld& world, VideoId video) {
  Must(co_await world.engine.Commit({.compares = {}, .then = {Operation::Delete(ClaimKey(video))}},
                                    Soon()));
}

TEST(DamagedVideo, IsDeletedWithAllItsKeysWhicheverOfThemAreDamaged) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    DamagedCoordination damaged(world.engine);
    Catalog catalog(damaged);
    const Names other = co_await world.Committed(co_await world.NewLease());
    const std::vector<std::string> before = co_await KeysLeft(world);
    for (std::size_t i = 0; i < 7; ++i) {
      const VideoId id = (co_await Transcoding(world)).video;
      const std::array<std::string, 6> keys = {
          RowKey(id),   ProgressKey(id),       ClaimKey(id),
          BegunKey(id), OrderKey(kSecond, id), JobKey(kSecond, id)};
      EXPECT_THAT(co_await KeysLeft(world), testing::IsSupersetOf(keys));
      damaged.Damage(RowKey(id));
      if (i < keys.size()) damaged.Damage(keys.at(i));
      EXPECT_EQ(CodeOf(co_await catalog.Find(id, Soon())), ErrorCode::kCorrupt);
      EXPECT_THAT(Must(co_await catalog.Delete(id, Soon())).uploads, ElementsAre());
      EXPECT_EQ(co_await KeysLeft(world), before);
      EXPECT_EQ(CodeOf(co_await catalog.Delete(id, Soon())), ErrorCode::kNotFound);
    }
    Must(co_await catalog.Find(other.video, Soon()));
  });
}

TEST(DamagedVideo, IsDeletedWhileItIsUploaded) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    DamagedCoordination damaged(world.engine);
    Catalog catalog(damaged);
    const LeaseId lease = co_await world.NewLease();
    for (const bool row : {true, false}) {
      const Names names = co_await world.Uploading(lease);
      damaged.Damage(row ? RowKey(names.video) : UploadKey(names.video));
      Must(co_await catalog.Delete(names.video, Soon()));
      EXPECT_THAT(co_await KeysLeft(world), ElementsAre());
    }
  });
}

TEST(DamagedVideo, IsDeletedAlsoWhenOthersInterfereOrAnAnswerIsLost) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    DamagedCoordination damaged(world.coordination);
    Catalog catalog(damaged);
    const Names names = co_await Transcoding(world);
    damaged.Damage(RowKey(names.video));
    // Its worker dies, between our look and our write.
    world.coordination.BeforeWrites(1, [&] { return EndClaim(world, names.video); });
    world.engine.AddFault(Call::kCommit, Fault::UnknownAfter(), 3);
    Must(co_await catalog.Delete(names.video, Soon()));
    EXPECT_THAT(co_await KeysLeft(world), ElementsAre());
  });
}

TEST(DamagedVideo, IsToldApartFromTheOthers) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    DamagedCoordination damaged(world.engine);
    Catalog catalog(damaged);
    const Names names = co_await Transcoding(world);
    co_await Transcoding(world);
    EXPECT_THAT(Must(co_await catalog.DamagedVideos(Soon())), ElementsAre());
    damaged.Damage(ClaimKey(names.video));
    EXPECT_THAT(Must(co_await catalog.DamagedVideos(Soon())), ElementsAre(names.video));
    damaged.Damage(RowKey(names.video));
    EXPECT_THAT(Must(co_await catalog.DamagedVideos(Soon())), ElementsAre(names.video));
  });
}

// A bit of a key has turned: the row stands under the id of no video.
TEST(DamagedVideo, IsNotGuessedFromAKeyThatMayBeDamagedItself) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    DamagedCoordination damaged(world.engine);
    Catalog catalog(damaged);
    const Names names = co_await world.Committed(co_await world.NewLease());
    const auto row = Must(co_await world.engine.Get(RowKey(names.video), Soon())).item;
    const std::string moved = RowKey(world.NewNames().video);
    Must(co_await world.engine.Commit(
        {.compares = {},
         .then = {Operation::Delete(RowKey(names.video)), Operation::Put(moved, row->value)}},
        Soon()));
    damaged.Damage(moved);
    const auto videos = co_await catalog.DamagedVideos(Soon());
    EXPECT_EQ(CodeOf(videos), ErrorCode::kCorrupt);
    EXPECT_THAT(videos.error().message(), HasSubstr(moved));
  });
}

}  // namespace
}  // namespace tritontube::catalog
