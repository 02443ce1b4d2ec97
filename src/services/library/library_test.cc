#include "services/library/library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "domain/jobs/job_queue.h"
#include "services/library/video_json.h"
#include "support/catalog_world.h"
#include "support/claim.h"
#include "support/memory_blob_store.h"
#include "support/memory_search_index.h"

namespace tritontube::library {
namespace {

using async::Task;
using catalog::VideoView;
using coordination::LeaseId;
using nlohmann::json;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::MemoryBlobStore;
using support::Must;
using support::Names;
using support::Soon;
using testing::ElementsAre;

constexpr auto kCreated = WallTime(std::chrono::milliseconds(1'700'000'000'123));

// A library and what it stands on.
struct Shelf {
  explicit Shelf(CatalogWorld& world)
      : search(world.catalog, world.engine, index), library(world.catalog, store, search) {}

  MemoryBlobStore store;
  support::MemorySearchIndex index;
  Search search;
  Library library;
};

// A ready video; answers the id that its output is stored under.
Task<UploadId> MakeReady(CatalogWorld& world, Names names, LeaseId lease) {
  Must(co_await world.catalog.CommitSource(names.video, names.upload, CatalogWorld::Source(),
                                           Soon()));
  jobs::JobQueue queue(world.engine, world.catalog, world.random);
  const auto job =
      Must(co_await support::ClaimNext(world.engine, queue, lease, world.clock.WallNow()));
  Must(co_await world.catalog.Publish(names.video, job->output, CatalogWorld::Publication(),
                                      Soon()));
  co_return job->output;
}

blob::Blob BlobOf(const VideoId& video, const UploadId& upload) {
  return {.key = {.video = video, .upload = upload, .file = "f"}, .bytes = blob::Bytes("bytes")};
}

std::vector<std::string> TitlesOf(const LibraryPage& page) {
  std::vector<std::string> titles;
  titles.reserve(page.items.size());
  for (const VideoView& video : page.items) titles.push_back(video.row.title);
  return titles;
}

TEST(Library, ShowsAReadyVideoExactlyAsTheInterfaceSays) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease, "Ein Titel", kCreated);
    co_await MakeReady(world, names, lease);
    const std::string id = names.video.text();
    const json expected = {
        {"id", id},
        {"title", "Ein Titel"},
        {"description", ""},
        {"tags", json::array()},
        {"state", "ready"},
        {"playable", true},
        {"progress", 1.0},
        {"error", nullptr},
        {"created_at", "2023-11-14T22:13:20.123Z"},
        {"duration_seconds", 12.5},
        {"width", 1280},
        {"height", 720},
        {"frame_rate", 30000.0 / 1001},
        {"size_bytes", 1000},
        {"copy",
         {{"safe", false},
          {"reasons",
           {{{"code", "not_analysed"},
             {"message", "The file was not examined for playing without conversion."}}}}}},
        {"renditions",
         {{{"id", "v720"},
           {"kind", "video"},
           {"codec", "avc1.64001f"},
           {"width", 1280},
           {"height", 720},
           {"bandwidth", 2'000'000},
           {"ssim", nullptr},
           {"state", "ready"}},
          {{"id", "a0"},
           {"kind", "audio"},
           {"codec", "mp4a.40.2"},
           {"width", nullptr},
           {"height", nullptr},
           {"bandwidth", 128'000},
           {"ssim", nullptr},
           {"state", "ready"}}}},
        {"captions", json::array()},
        {"loudness", nullptr},
        {"chapters", json::array()},
        {"urls",
         {{"watch", "/videos/" + id},
          {"dash", "/content/" + id + "/manifest.mpd"},
          {"hls", "/content/" + id + "/master.m3u8"},
          {"poster", "/content/" + id + "/poster.jpg"},
          {"storyboard", nullptr},
          {"original", "/content/" + id + "/original.mp4"},
          {"downloads",
           {{{"rendition", "v720"}, {"height", 720}, {"url", "/content/" + id + "/v720.mp4"}},
            {{"rendition", "a0"}, {"height", nullptr}, {"url", "/content/" + id + "/a0.mp4"}}}}}}};
    EXPECT_EQ(ToJson(Must(co_await shelf.library.Get(names.video, Soon()))), expected);
  });
}

TEST(Library, ShowsTheExtrasOfAVideoByTheirAddresses) {
  const UploadId upload = *UploadId::Parse("uploadload0");
  catalog::VideoView video{
      .row = {.id = *VideoId::Parse("videovideo0"),
              .upload = upload,
              .title = "",
              .extras = {.captions = {{.language = "en", .label = "English", .upload = upload}},
                         .poster = upload,
                         .storyboard = upload,
                         .loudness =
                             media::Loudness{.integrated_lufs = -20, .true_peak_dbfs = -3}}},
      .playable = true};
  const json shown = ToJson(video);
  const json captions = {{{"lang", "en"},
                          {"label", "English"},
                          {"url", "/content/videovideo0/captions-en-uploadload0.vtt"}}};
  EXPECT_EQ(shown["captions"], captions);
  EXPECT_EQ(shown["loudness"], (json{{"integrated_lufs", -20.0}, {"true_peak_dbfs", -3.0}}));
  EXPECT_EQ(shown["urls"]["poster"], "/content/videovideo0/poster-uploadload0.jpg");
  EXPECT_EQ(shown["urls"]["storyboard"], "/content/videovideo0/storyboard.vtt");

  // What cannot be fetched yet has no address.
  video.playable = false;
  EXPECT_TRUE(ToJson(video)["captions"].empty());
  EXPECT_TRUE(ToJson(video)["urls"]["poster"].is_null());
}

TEST(Library, ShowsHowLikeEachRenditionIsToTheOriginalWhereThatWasMeasured) {
  const catalog::VideoView video{
      .row = {.id = *VideoId::Parse("videovideo0"),
              .upload = *UploadId::Parse("uploadload0"),
              .title = "",
              .extras = {.ssim = {{"v360", 0.9375}}}},
      .renditions = {{.summary = {.id = "vsrc"}}, {.summary = {.id = "v360"}}}};
  const json renditions = ToJson(video)["renditions"];
  EXPECT_TRUE(renditions[0]["ssim"].is_null());
  EXPECT_EQ(renditions[1]["ssim"], 0.9375);
}

// Of what is shown out of the original there is the original.
TEST(Library, OffersADownloadOfEveryRenditionThatWasMade) {
  const auto rendition = [](std::string id, std::string codec) {
    const auto state =
        codec.empty() ? catalog::RenditionState::kFailed : catalog::RenditionState::kReady;
    return catalog::RenditionView{.summary = {.id = std::move(id), .codec = std::move(codec)},
                                  .state = state};
  };
  catalog::VideoView video{
      .row = {.id = *VideoId::Parse("videovideo0"),
              .upload = *UploadId::Parse("uploadload0"),
              .title = ""},
      .state = catalog::VideoState::kReady,
      .playable = true,
      .renditions = {rendition("vsrc", "x"), rendition("v360", "x"), rendition("a0", "")}};
  const json downloads = ToJson(video)["urls"]["downloads"];
  ASSERT_EQ(downloads.size(), 1U);
  EXPECT_EQ(downloads[0]["url"], "/content/videovideo0/v360.mp4");
  video.state = catalog::VideoState::kProcessing;
  EXPECT_TRUE(ToJson(video)["urls"]["downloads"].empty());
}

TEST(Library, SaysNullOfWhatIsNotKnownYet) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    const Names names = co_await world.Uploading(co_await world.NewLease());
    const json video = ToJson(Must(co_await shelf.library.Get(names.video, Soon())));
    EXPECT_EQ(video["state"], "uploading");
    EXPECT_EQ(video["playable"], false);
    EXPECT_EQ(video["progress"], 0.0);
    for (const char* field :
         {"error", "duration_seconds", "width", "height", "frame_rate", "size_bytes"}) {
      EXPECT_TRUE(video[field].is_null()) << field;
    }
    for (const char* url : {"dash", "hls", "poster", "storyboard", "original"}) {
      EXPECT_TRUE(video["urls"][url].is_null()) << url;
    }
    EXPECT_TRUE(video["urls"]["downloads"].empty());
  });
}

TEST(Library, SaysWhyAVideoFailed) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    const Names names = co_await world.Uploading(co_await world.NewLease());
    Must(co_await world.catalog.FailUpload(
        names.video, names.upload, {.code = "unsupported_media", .message = "A text."}, Soon()));
    const json video = ToJson(Must(co_await shelf.library.Get(names.video, Soon())));
    EXPECT_EQ(video["state"], "failed");
    EXPECT_EQ(video["error"], json({{"code", "unsupported_media"}, {"message", "A text."}}));
  });
}

TEST(Library, ListsPagesAndFindsTitlesWithoutCaseAndAccents) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    const LeaseId lease = co_await world.NewLease();
    int age = 0;
    for (const char* title : {"Café one", "two", "cafe three", "four", "CAFÉ five"}) {
      co_await world.Uploading(lease, title, WallTime(std::chrono::milliseconds(++age)));
    }
    const LibraryPage all = Must(co_await shelf.library.List({}, Soon()));
    EXPECT_THAT(TitlesOf(all), ElementsAre("CAFÉ five", "four", "cafe three", "two", "Café one"));
    EXPECT_EQ(all.next, std::nullopt);
    EXPECT_TRUE(ToJson(all)["next"].is_null());

    Must(co_await shelf.search.UpdateNow(Soon()));
    const LibraryPage first = Must(co_await shelf.library.List({.limit = 2, .q = "cafÉ"}, Soon()));
    EXPECT_THAT(TitlesOf(first), ElementsAre("CAFÉ five", "cafe three"));
    EXPECT_EQ(ToJson(first)["next"], *first.next);
    EXPECT_EQ(ToJson(first)["items"].size(), 2U);
    const LibraryPage second =
        Must(co_await shelf.library.List({.limit = 2, .cursor = *first.next, .q = "cafÉ"}, Soon()));
    EXPECT_THAT(TitlesOf(second), ElementsAre("Café one"));
    EXPECT_EQ(second.next, std::nullopt);
    EXPECT_TRUE(Must(co_await shelf.library.List({.q = "six"}, Soon())).items.empty());
    const LibraryPage last = Must(co_await shelf.library.List({.limit = 1, .q = "one"}, Soon()));
    EXPECT_EQ(last.next, std::nullopt);
  });
}

TEST(Library, ShowsWhatIsThereNowHoweverOldTheIndex) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    const LeaseId lease = co_await world.NewLease();
    const Names kept = co_await world.Uploading(lease, "Old title");
    const Names deleted = co_await world.Uploading(lease, "Old and gone");
    const Names abandoned = co_await world.Uploading(co_await world.NewLease(), "Old, too");
    Must(co_await shelf.search.UpdateNow(Soon()));
    const auto stale = shelf.index.rows();
    Must(co_await world.catalog.Delete(deleted.video, Soon()));
    Must(co_await world.catalog.Edit(
        kept.video, {.title = "New title"}, [](const catalog::VideoRow& /*row*/) { return true; },
        Soon()));
    Must(co_await shelf.search.UpdateNow(Soon()));
    shelf.index.rows() = stale;
    const LibraryPage page =
        Must(co_await shelf.library.List({.limit = 3, .q = "old", .sort = "title"}, Soon()));
    EXPECT_EQ(page.items.size(), 2U);
    EXPECT_EQ(page.items[0].row.id, kept.video);
    EXPECT_EQ(page.items[0].row.title, "New title");
    EXPECT_EQ(page.items[1].row.id, abandoned.video);
  });
}

TEST(Library, FillsAPageWhoseVideosHaveGoneFromTheNextOne) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    const LeaseId lease = co_await world.NewLease();
    co_await world.Uploading(lease, "Old", WallTime(std::chrono::milliseconds(1)));
    const Names newer =
        co_await world.Uploading(lease, "Older", WallTime(std::chrono::milliseconds(2)));
    Must(co_await shelf.search.UpdateNow(Soon()));
    const auto stale = shelf.index.rows();
    Must(co_await world.catalog.Delete(newer.video, Soon()));
    Must(co_await shelf.search.UpdateNow(Soon()));
    shelf.index.rows() = stale;
    const LibraryPage page = Must(co_await shelf.library.List({.limit = 1, .q = "old"}, Soon()));
    EXPECT_THAT(TitlesOf(page), ElementsAre("Old"));
  });
}

TEST(Library, NeedsNoIndexForTheNewestVideos) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    co_await world.Uploading(co_await world.NewLease(), "A title");
    for (const char* sort : {"-created", "relevance"}) {
      const auto page = Must(co_await shelf.library.List({.q = " ", .sort = sort}, Soon()));
      EXPECT_EQ(page.items.size(), 1U);
    }
    EXPECT_EQ(CodeOf(co_await shelf.library.List({.sort = "title"}, Soon())),
              ErrorCode::kUnavailable);
  });
}

TEST(Library, RefusesParametersThatAreWrongByName) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    for (const LibraryQuery& query :
         {LibraryQuery{.limit = 0}, LibraryQuery{.limit = 101}, LibraryQuery{.cursor = "x"},
          LibraryQuery{.sort = "size"}, LibraryQuery{.q = std::string(1025, 'q')}}) {
      EXPECT_EQ(CodeOf(co_await shelf.library.List(query, Soon())), ErrorCode::kInvalidArgument);
    }
    EXPECT_EQ(CodeOf(co_await shelf.library.Get(world.NewNames().video, Soon())),
              ErrorCode::kNotFound);
    EXPECT_EQ(CodeOf(co_await shelf.library.Delete(world.NewNames().video, Soon())),
              ErrorCode::kNotFound);
  });
}

TEST(Library, ErasesTheBlobsOfADeletedVideo) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    const UploadId output = co_await MakeReady(world, names, lease);
    Must(co_await shelf.store.Put({BlobOf(names.video, names.upload), BlobOf(names.video, output)},
                                  Soon()));
    Must(co_await shelf.library.Delete(names.video, Soon()));
    EXPECT_EQ(shelf.store.blob_count(), 0U);
    EXPECT_EQ(CodeOf(co_await shelf.library.Get(names.video, Soon())), ErrorCode::kNotFound);
  });
}

TEST(Library, DeletesAVideoAlsoWhenTheStoreFails) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    Shelf shelf(world);
    const Names names = co_await world.Uploading(co_await world.NewLease());
    Must(co_await shelf.store.Put({BlobOf(names.video, names.upload)}, Soon()));
    shelf.store.FailNext(MemoryBlobStore::Operation::kRemoveUpload,
                         Error(ErrorCode::kUnavailable, "no disk"));
    Must(co_await shelf.library.Delete(names.video, Soon()));
    EXPECT_EQ(shelf.store.blob_count(), 1U);
    EXPECT_EQ(CodeOf(co_await shelf.library.Get(names.video, Soon())), ErrorCode::kNotFound);
  });
}

}  // namespace
}  // namespace tritontube::library
