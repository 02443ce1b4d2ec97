#include "services/delivery/downloads.h"

#include <gmock/gmock.h>

#include <utility>

#include "domain/manifest/presentation_json.h"
#include "foundation/async/task_group.h"
#include "services/delivery/delivery.h"
#include "support/fake_presentation.h"
#include "support/movie_file.h"
#include "support/platform.h"

namespace tritontube::delivery {
namespace {

using support::FakePresentation;
using support::MemoryBlobStore;
using testing::HasSubstr;

class DownloadsTest : public support::Platform {
 protected:
  // A ready video of a presentation whose files are stored.
  VideoId Published(const FakePresentation& fake = support::MakePresentation()) {
    const VideoId id = CommittedVideo();
    Await(Publish(id, fake));
    return id;
  }
  // The same, whose original is shown as it is: the encoded renditions beside it.
  VideoId PublishedBesideOriginal(const FakePresentation& fake) {
    std::vector<support::FakeSample> frames(std::size_t{20} * 47, {.size = 180, .duration = 1024});
    const support::FakeMovie movie{.tracks = {{.edits = {{.duration = 0, .media_time = 512}},
                                               .samples = support::FakePictures(500, 25, true)},
                                              {.id = 2,
                                               .handler = "soun",
                                               .timescale = 48'000,
                                               .edits = {{.duration = 0, .media_time = 1024}},
                                               .samples = std::move(frames)}},
                                   .moov_first = true};
    const VideoId id = CommittedVideo(blob::Bytes(support::MakeMovieFile(movie).bytes),
                                      catalog::SourceAnalysis{.copy = {.tracks = {1, 2}}});
    Await(Publish(id, fake));
    return id;
  }

  async::Task<void> Publish(VideoId id, FakePresentation fake) {
    const UploadId output = (co_await ClaimedJob()).output;
    const blob::Bytes json(manifest::PresentationToJson(fake.presentation));
    std::vector<blob::Blob> batch;
    batch.push_back({.key = {id, output, std::string(media::kPresentationFile)}, .bytes = json});
    for (auto& [file, bytes] : fake.files) {
      batch.push_back({.key = {id, output, file}, .bytes = blob::Bytes(bytes)});
    }
    EXPECT_TRUE((co_await store_.Put(std::move(batch), Deadline::Never())).has_value());
    const auto published = co_await catalog_.Publish(
        id, output, {.facts = {}, .renditions = {}, .digest = blob::DigestOf(json)},
        Deadline::Never());
    EXPECT_TRUE(published.has_value());
  }

  Result<Content> Open(const VideoId& id, const std::string& file) {
    return Value(delivery_.Open(id, file, Deadline::Never()));
  }
  Result<blob::Bytes> Read(const Content& content, ByteCount offset, ByteCount length) {
    return Value(delivery_.ReadDownload(*content.download, {offset, length}, Deadline::Never()));
  }
  std::string Whole(const Content& content) {
    const Result<blob::Bytes> bytes = Read(content, 0, content.size());
    EXPECT_TRUE(bytes.has_value()) << bytes.error().message();
    return bytes ? bytes->Flatten() : "";
  }
  // The tracks that a reader of uploaded files finds in it.
  static std::shared_ptr<const packaging::SourceMovie> MovieOf(const std::string& file) {
    bmff::SourceScanner scanner(file.size());
    while (const auto range = scanner.wanted()) {
      EXPECT_TRUE(scanner.Feed(AsBytes(file).subspan(range->offset, range->length)));
    }
    auto movie = packaging::SourceMovie::Open(std::move(scanner).Take(), file.size());
    EXPECT_TRUE(movie.has_value()) << movie.error().message();
    return *std::move(movie);
  }
  static std::vector<std::uint32_t> SampleCounts(const std::string& file) {
    std::vector<std::uint32_t> counts;
    for (const auto& candidate : MovieOf(file)->candidates()) {
      EXPECT_TRUE(candidate.track.has_value()) << candidate.track.error().message();
      counts.push_back(candidate.track->samples.sample_count());
    }
    return counts;
  }

  std::size_t reads() { return store_.call_count(MemoryBlobStore::Operation::kGet); }
  UploadId OutputOf(const VideoId& id) { return Found(id).row.presentation->output; }

  Delivery delivery_{catalog_, store_, blocking_, {.recheck_after = std::chrono::hours(1)}};
};

TEST_F(DownloadsTest, ArePicturesWithTheDefaultSoundOrASoundAlone) {
  const VideoId id = Published(support::MakePresentation({.audio_tracks = 2}));
  const auto pictures = Open(id, "v720.mp4");
  ASSERT_TRUE(pictures.has_value()) << pictures.error().message();
  EXPECT_EQ(pictures->content_type, "video/mp4");
  EXPECT_EQ(pictures->save_as, "a video 720p.mp4");
  EXPECT_FALSE(pictures->immutable);
  EXPECT_THAT(SampleCounts(Whole(*pictures)), testing::ElementsAre(240, 470));
  const auto sound = Open(id, "a1.mp4");
  ASSERT_TRUE(sound.has_value()) << sound.error().message();
  EXPECT_EQ(sound->content_type, "audio/mp4");
  EXPECT_EQ(sound->save_as, "a video a1.m4a");
  EXPECT_THAT(SampleCounts(Whole(*sound)), testing::ElementsAre(470));
}

TEST_F(DownloadsTest, HaveNoSoundWhenThereIsNone) {
  const VideoId id = Published(support::MakePresentation({.audio_tracks = 0}));
  EXPECT_THAT(SampleCounts(Whole(*Open(id, "v360.mp4"))), testing::ElementsAre(240));
}

TEST_F(DownloadsTest, AreOfSoundWhenThereAreNoPictures) {
  const VideoId id = Published(support::MakePresentation({.video_renditions = 0}));
  EXPECT_THAT(SampleCounts(Whole(*Open(id, "a0.mp4"))), testing::ElementsAre(470));
}

TEST_F(DownloadsTest, AreOfRenditionsOfAReadyVideoOnly) {
  const VideoId id = Published();
  for (const char* file : {"v1080.mp4", "v720.mp4.mp4", ".mp4", "v720", "presentation.mp4"}) {
    EXPECT_EQ(Open(id, file).error().code(), ErrorCode::kNotFound) << file;
  }
  EXPECT_EQ(Open(CommittedVideo(), "v720.mp4").error().code(), ErrorCode::kNotFound);
}

TEST_F(DownloadsTest, GiveTheBytesOfTheWholeForAnyPartOfThem) {
  const VideoId id = Published();
  const auto content = Open(id, "v360.mp4");
  ASSERT_TRUE(content.has_value());
  const std::string whole = Whole(*content);
  ASSERT_EQ(whole.size(), content->size());
  const packaging::ProgressiveFile& file = content->download->plan->file;
  std::vector<ByteCount> edges = {0, 1, whole.size() - 1, whole.size()};
  ByteCount edge = file.header().size();
  for (const auto& piece : file.Pieces({0, file.size() - edge})) {
    for (const ByteCount near : {edge - 1, edge, edge + 1}) edges.push_back(near);
    edge += piece.range.length;
  }
  for (const ByteCount begin : edges) {
    for (const ByteCount end : edges) {
      if (begin >= end) continue;
      const auto part = Read(*content, begin, end - begin);
      ASSERT_TRUE(part.has_value()) << part.error().message();
      EXPECT_TRUE(part->Flatten() == whole.substr(begin, end - begin)) << begin << " to " << end;
    }
  }
}

TEST_F(DownloadsTest, ReadTheHeadsOnceAndThenOnlyTheSegmentsThatAPartTouches) {
  const VideoId id = Published();
  ASSERT_TRUE(Open(id, "v360.mp4").has_value());
  const std::size_t before = reads();
  const auto content = Open(id, "v360.mp4");
  EXPECT_EQ(reads(), before);
  ASSERT_TRUE(Read(*content, 0, 100).has_value());
  EXPECT_EQ(reads(), before) << "the header is in memory";
  ASSERT_TRUE(Read(*content, content->size() - 10, 10).has_value());
  EXPECT_EQ(reads(), before + 1);
}

TEST_F(DownloadsTest, AreMadeOnceForAllWhoAskAtTheSameTime) {
  const VideoId id = Published();
  ASSERT_TRUE(Open(id, "manifest.mpd").has_value());
  store_.Delay(MemoryBlobStore::Operation::kGet, std::chrono::milliseconds(5));
  const std::size_t before = reads();
  std::optional<Result<Content>> first;
  std::optional<Result<Content>> second;
  std::vector<async::Task<void>> both;
  both.push_back(async::KeepResult(delivery_.Open(id, "v360.mp4", Deadline::Never()), first));
  both.push_back(async::KeepResult(delivery_.Open(id, "v360.mp4", Deadline::Never()), second));
  Await(async::RunAll(std::move(both)));
  ASSERT_TRUE(first && *first && second && *second);
  EXPECT_EQ((*first)->download->plan, (*second)->download->plan);
  EXPECT_EQ(reads() - before, 2U + 6U) << "two initialisation segments, six heads";
}

TEST_F(DownloadsTest, HaveATagOfTheirBytes) {
  const VideoId id = Published();
  const std::string tag = Open(id, "v360.mp4")->etag;
  EXPECT_EQ(tag.size(), 34U);
  EXPECT_NE(Open(id, "v720.mp4")->etag, tag);
  Delivery other(catalog_, store_, blocking_, {});
  EXPECT_EQ(Value(other.Open(id, "v360.mp4", Deadline::Never()))->etag, tag);
  // The same tables, and other bytes.
  EXPECT_NE(Open(Published(), "v360.mp4")->etag, tag);
}

TEST_F(DownloadsTest, AreCalledByTheTitleOfTheMoment) {
  const VideoId id = Published();
  EXPECT_EQ(Open(id, "v720.mp4")->save_as, "a video 720p.mp4");
  const auto edited = Value(
      catalog_.Edit(id, {.title = "another"}, [](const auto&) { return true; }, Deadline::Never()));
  ASSERT_TRUE(edited.has_value());
  delivery_.Forget(id);
  EXPECT_EQ(Open(id, "v720.mp4")->save_as, "another 720p.mp4");
}

TEST_F(DownloadsTest, TakeFromTheOriginalWhatIsShownOutOfIt) {
  const VideoId id = PublishedBesideOriginal(
      support::MakePresentation({.video_renditions = 2, .audio_tracks = 0}));
  EXPECT_THAT(SampleCounts(Whole(*Open(id, "v360.mp4"))), testing::ElementsAre(240, 940));
  const auto content = Open(id, "vsrc.mp4");
  ASSERT_TRUE(content.has_value()) << content.error().message();
  const std::string whole = Whole(*content);
  EXPECT_THAT(SampleCounts(whole), testing::ElementsAre(500, 940));
  const ByteCount middle = whole.size() / 2;
  EXPECT_EQ(Read(*content, middle, 1000)->Flatten(), whole.substr(middle, 1000));
}

TEST_F(DownloadsTest, SayThatASegmentIsDamaged) {
  const VideoId id = Published();
  const auto content = Open(id, "v360.mp4");
  ASSERT_TRUE(content.has_value());
  store_.Corrupt({id, OutputOf(id), "v360-00002.m4s"});
  EXPECT_EQ(Read(*content, 0, content->size()).error().code(), ErrorCode::kCorrupt);
  // Its head is needed for the tables of whoever has not read it yet.
  Delivery other(catalog_, store_, blocking_, {});
  EXPECT_EQ(Value(other.Open(id, "v360.mp4", Deadline::Never())).error().code(),
            ErrorCode::kCorrupt);
}

TEST_F(DownloadsTest, AreNotMadeOfSegmentsThatAreNotAsThePresentationSays) {
  FakePresentation shorter = support::MakePresentation();
  shorter.files["v360-00002.m4s"].resize(200);
  EXPECT_EQ(Open(Published(shorter), "v360.mp4").error().code(), ErrorCode::kCorrupt);
  FakePresentation swapped = support::MakePresentation();
  swapped.files["v360-00002.m4s"] = swapped.files["v360-00001.m4s"];
  const auto content = Open(Published(swapped), "v360.mp4");
  ASSERT_FALSE(content.has_value());
  EXPECT_EQ(content.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(content.error().message(), HasSubstr("segment 2 of v360"));
  FakePresentation nothing = support::MakePresentation();
  nothing.files["v360-init.mp4"] = "nothing";
  EXPECT_EQ(Open(Published(nothing), "v360.mp4").error().code(), ErrorCode::kCorrupt);
}

TEST_F(DownloadsTest, AreMadeByTheNextWhenTheStoreWasOutOfReach) {
  const VideoId id = Published();
  ASSERT_TRUE(Open(id, "manifest.mpd").has_value());
  store_.FailNext(MemoryBlobStore::Operation::kGet, Error(ErrorCode::kUnavailable, "down"));
  EXPECT_EQ(Open(id, "v360.mp4").error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(Open(id, "v360.mp4").has_value());
}

}  // namespace
}  // namespace tritontube::delivery
