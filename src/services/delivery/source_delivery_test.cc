#include <gmock/gmock.h>

#include <algorithm>

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "domain/manifest/growth.h"
#include "domain/manifest/presentation_json.h"
#include "foundation/async/task_group.h"
#include "services/delivery/delivery.h"
#include "services/delivery/source_bytes.h"
#include "support/movie_file.h"
#include "support/platform.h"
#include "support/presentation_checker.h"

namespace tritontube::delivery {
namespace {

using support::MemoryBlobStore;
using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kSegmentPictures = 96;  // Four seconds.

// Pictures and sound, with the boxes first; 10 MiB of 40 seconds: two parts, of
// which the second begins within the last segments.
support::FakeMovie UsualMovie() {
  constexpr std::size_t kPictures = 10 * kSegmentPictures;
  std::vector<support::FakeSample> pictures = support::FakePictures(kPictures, kSegmentPictures);
  for (auto& picture : pictures) picture.size = 11'000;
  return {.tracks = {{.samples = std::move(pictures)},
                     {.id = 2,
                      .handler = "soun",
                      .timescale = 48'000,
                      .edits = {{.duration = 0, .media_time = 1024}},
                      .samples =
                          std::vector<support::FakeSample>(1875, {.size = 180, .duration = 1024}),
                      .samples_per_chunk = 20}},
          .moov_first = true};
}

const std::string& UsualFile() {
  static const std::string kFile = support::MakeMovieFile(UsualMovie()).bytes;
  return kFile;
}

class SourceDeliveryTest : public support::Platform {
 protected:
  // A video whose original is stored and shown as it is.
  VideoId Uploaded(const support::FakeMovie& movie, std::vector<std::uint32_t> tracks) {
    return Uploaded(support::MakeMovieFile(movie).bytes, std::move(tracks));
  }
  VideoId Uploaded(std::string file = UsualFile(), std::vector<std::uint32_t> tracks = {1, 2}) {
    file_ = std::move(file);
    const VideoId id = VideoId::Generate(random_);
    Await(Upload(id, UploadId::Generate(random_), std::move(tracks)));
    return id;
  }

  // Makes it a video that is still coming: of its file so many parts are there.
  void SetArrived(const VideoId& id, std::vector<sources::PartRun> parts) {
    catalog::VideoRow row = Found(id).row;
    row.source.reset();
    const catalog::OpenUpload open{
        .upload = row.upload,
        .received = 0,
        .total = file_.size(),
        .resumable = catalog::Resumable{.arrival = {.pieces_upload = UploadId::Generate(random_),
                                                    .parts = std::move(parts)}},
        .playable = true};
    using coordination::Operation;
    coordination::Txn txn;
    txn.then = {Operation::Put(catalog::RowKey(id), catalog::Encode(row)),
                Operation::Put(catalog::UploadKey(id), catalog::Encode(open))};
    EXPECT_TRUE(Value(coordination_.Commit(std::move(txn), Deadline::Never())).has_value());
  }

  // Rungs and sound of a transcode that has come so many steps far, of which each
  // is a segment of four seconds.
  void SetGrown(const VideoId& id, std::uint64_t steps, bool complete) {
    const UploadId output = *UploadId::Parse("growing-out");
    std::vector<blob::Blob> batch;
    for (std::uint64_t step = 1; step <= steps; ++step) {
      std::vector<media::Rendition> added = {Encoded("v360", media::Kind::kVideo),
                                             Encoded("a0", media::Kind::kAudio)};
      for (media::Rendition& rendition : added) {
        rendition.segments = {{.start = (step - 1) * 4000, .duration = 4000, .size = 9}};
        const std::string name = media::SegmentFileName(rendition.id, step);
        batch.push_back(
            {.key = {id, output, name}, .bytes = blob::Bytes("nine" + std::string(5, 'x'))});
      }
      batch.push_back({.key = {id, output, manifest::GrowthFileName(step)},
                       .bytes = blob::Bytes(manifest::GrowthToJson(added))});
    }
    EXPECT_TRUE(Value(store_.Put(std::move(batch), Deadline::Never())).has_value());
    const catalog::Progress progress{
        .growth = catalog::Growth{.output = output, .steps = steps, .complete = complete}};
    coordination::Txn txn;
    txn.then = {coordination::Operation::Put(catalog::ProgressKey(id), catalog::Encode(progress))};
    EXPECT_TRUE(Value(coordination_.Commit(std::move(txn), Deadline::Never())).has_value());
  }

  static media::Rendition Encoded(std::string id, media::Kind kind) {
    media::Rendition rendition;
    rendition.id = std::move(id);
    rendition.kind = kind;
    rendition.codecs = kind == media::Kind::kVideo ? "avc1.64001f" : "mp4a.40.2";
    rendition.width = kind == media::Kind::kVideo ? 640 : 0;
    rendition.height = kind == media::Kind::kVideo ? 360 : 0;
    rendition.frame_rate = {24, 1};
    rendition.channels = 2;
    rendition.sample_rate = 48'000;
    rendition.timescale = 1000;
    return rendition;
  }

  void Publish(const VideoId& id, const media::Presentation& presentation) {
    Await(PublishNow(id, presentation));
  }

  Result<Content> Open(const VideoId& id, const std::string& file) {
    return Open(delivery_, id, file);
  }
  Result<Content> Open(Delivery& delivery, const VideoId& id, const std::string& file) {
    return Value(delivery.Open(id, file, Deadline::Never()));
  }
  std::string Text(const VideoId& id, const std::string& file) {
    const Result<Content> content = Open(id, file);
    EXPECT_TRUE(content.has_value()) << file << ": " << content.error().message();
    return content ? Whole(*content) : "";
  }
  std::string Whole(const Content& content) { return Whole(delivery_, content); }
  std::string Whole(Delivery& delivery, const Content& content) {
    if (!content.segment) return content.bytes.Flatten();
    return Slice(delivery, content, 0, content.size());
  }
  std::string Slice(Delivery& delivery, const Content& content, ByteCount offset,
                    ByteCount length) {
    const auto bytes =
        Value(delivery.ReadSegment(content.segment, {offset, length}, Deadline::Never()));
    EXPECT_TRUE(bytes.has_value()) << bytes.error().message();
    return bytes ? bytes->Flatten() : "";
  }

  // What the pure code makes of the file.
  packaging::SourcePlan Plan(const std::vector<std::uint32_t>& tracks = {1, 2}) {
    bmff::SourceScanner scanner(file_.size());
    while (const auto range = scanner.wanted()) {
      EXPECT_TRUE(scanner.Feed(AsBytes(file_).subspan(range->offset, range->length)));
    }
    return *packaging::SourcePlan::Make(
        *packaging::SourceMovie::Open(std::move(scanner).Take(), file_.size()), tracks);
  }
  std::string Expected(const packaging::GatherList& list) {
    std::string bytes = list.head;
    for (const bmff::ByteRange& range : list.ranges)
      bytes += file_.substr(range.offset, range.length);
    return bytes;
  }

  std::size_t reads() { return store_.call_count(MemoryBlobStore::Operation::kGet); }

  std::string file_;
  Delivery delivery_{catalog_,
                     store_,
                     blocking_,
                     {.recheck_after = std::chrono::hours(1),
                      .recheck_growing_after = std::chrono::milliseconds(0)}};

 private:
  async::Task<void> Upload(VideoId id, UploadId upload, std::vector<std::uint32_t> tracks) {
    const auto created = co_await catalog_.Create({.id = id,
                                                   .upload = upload,
                                                   .title = "a video",
                                                   .file_name = "a.mp4",
                                                   .created = clock_.WallNow(),
                                                   .total = file_.size()},
                                                  lease_.lease(), Deadline::Never());
    EXPECT_TRUE(created.has_value());
    std::vector<blob::Blob> batch;
    batch.reserve(sources::PartCount(file_.size()));
    for (ByteCount part = 0; part < sources::PartCount(file_.size()); ++part) {
      batch.push_back(
          {.key = {id, upload, sources::PartFileName(part)},
           .bytes = blob::Bytes(file_.substr(part * sources::kPartBytes, sources::kPartBytes))});
    }
    const std::uint64_t parts = batch.size();
    EXPECT_TRUE((co_await store_.Put(std::move(batch), Deadline::Never())).has_value());
    catalog::SourceAnalysis analysis{.copy = {.tracks = std::move(tracks)}};
    const auto committed =
        co_await catalog_.CommitSource(id, upload, {.size = file_.size(), .part_count = parts},
                                       Deadline::Never(), std::nullopt, std::move(analysis));
    EXPECT_TRUE(committed.has_value());
  }

  async::Task<void> PublishNow(VideoId id, const media::Presentation& presentation) {
    const UploadId output = (co_await ClaimedJob()).output;
    const blob::Bytes json(manifest::PresentationToJson(presentation));
    std::vector<blob::Blob> batch;
    batch.push_back({.key = {id, output, std::string(media::kPresentationFile)}, .bytes = json});
    EXPECT_TRUE((co_await store_.Put(std::move(batch), Deadline::Never())).has_value());
    const auto published = co_await catalog_.Publish(
        id, output, {.facts = {}, .digest = blob::DigestOf(json)}, Deadline::Never());
    EXPECT_TRUE(published.has_value());
  }
};

TEST_F(SourceDeliveryTest, ShowsAnOriginalAsSoonAsItIsStored) {
  const VideoId id = Uploaded();
  const std::string mpd = Text(id, "manifest.mpd");
  EXPECT_THAT(mpd, HasSubstr("type=\"static\""));
  EXPECT_THAT(mpd, HasSubstr("id=\"vsrc\""));
  EXPECT_THAT(mpd, HasSubstr("id=\"asrc0\""));
  EXPECT_THAT(Text(id, "master.m3u8"), HasSubstr("vsrc.m3u8"));
  EXPECT_THAT(Text(id, "asrc0.m3u8"), HasSubstr("#EXT-X-ENDLIST"));
  EXPECT_EQ(Open(id, "vsrc-init.mp4")->content_type, "video/mp4");
  EXPECT_EQ(Open(id, "asrc0-init.mp4")->content_type, "audio/mp4");
}

TEST_F(SourceDeliveryTest, ServesTheBytesThatThePlanSays) {
  const VideoId id = Uploaded();
  for (const auto& track : Plan().tracks()) {
    const std::string& name = track.rendition.id;
    const std::string init = packaging::SourcePlan::Init(track);
    EXPECT_EQ(Text(id, media::InitFileName(name)), init);
    for (std::size_t number = 1; number <= track.segments.size(); ++number) {
      const auto content = Open(id, media::SegmentFileName(name, number));
      ASSERT_TRUE(content.has_value()) << content.error().message();
      EXPECT_TRUE(content->immutable);
      EXPECT_EQ(content->content_type, "video/iso.segment");
      EXPECT_EQ(content->size(), track.rendition.segments[number - 1].size);
      EXPECT_TRUE(Whole(*content) == Expected(*packaging::SourcePlan::Segment(track, number)));
    }
    EXPECT_FALSE(Open(id, media::SegmentFileName(name, track.segments.size() + 1)).has_value());
  }
}

// With pictures that are shown in another order than they are decoded in.
TEST_F(SourceDeliveryTest, IsWhatAStrictPlayerAccepts) {
  support::FakeMovie movie = UsualMovie();
  movie.tracks[0].edits = {{.duration = 0, .media_time = 512}};
  movie.tracks[0].samples = support::FakePictures(1000, 25, true);
  const VideoId id = Uploaded(movie, {1, 2});
  const auto fetch = [&](const std::string& name) -> std::optional<std::string> {
    const auto content = Open(id, name);
    if (!content) return std::nullopt;
    return Whole(*content);
  };
  const support::PresentationReport report = support::CheckPresentation(fetch);
  EXPECT_THAT(report.faults, testing::IsEmpty());
  ASSERT_EQ(report.renditions.size(), 2U);
  EXPECT_EQ(report.renditions[0].id, "vsrc");
}

TEST_F(SourceDeliveryTest, ReadsNothingOfASegmentToSayWhichItIs) {
  const VideoId id = Uploaded();
  ASSERT_TRUE(Open(id, "manifest.mpd").has_value());
  const std::size_t before = reads();
  const auto content = Open(id, "vsrc-00001.m4s");
  ASSERT_TRUE(content.has_value());
  EXPECT_GT(content->size(), 1'000'000U);
  EXPECT_EQ(reads(), before);
  // Once it was read, it is there.
  Whole(*content);
  const std::size_t after = reads();
  EXPECT_GT(after, before);
  Whole(*Open(id, "vsrc-00001.m4s"));
  EXPECT_EQ(reads(), after);
}

// Like a stored one: what makes it is not asked for again.
TEST_F(SourceDeliveryTest, SendsASegmentAgainFromMemoryWithoutItsPlan) {
  Delivery small(catalog_, store_, blocking_, {.plans = {.plans_max = 1}});
  const VideoId first = Uploaded();
  const VideoId second = Uploaded();
  for (const char* file : {"vsrc-init.mp4", "vsrc-00001.m4s"}) {
    const auto content = Open(small, first, file);
    ASSERT_TRUE(content.has_value());
    const std::string bytes = Whole(small, *content);
    ASSERT_TRUE(Open(small, second, "asrc0-00001.m4s").has_value());  // Takes the plan's place.
    const std::size_t before = reads();
    const auto again = Open(small, first, file);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->etag, content->etag);
    EXPECT_EQ(again->content_type, content->content_type);
    EXPECT_EQ(again->segment, nullptr);
    EXPECT_TRUE(again->bytes.Flatten() == bytes);
    EXPECT_EQ(reads(), before);
  }
}

TEST_F(SourceDeliveryTest, SendsTheSameWhenItKeepsNothing) {
  Delivery forgetful(catalog_, store_, blocking_, {.cache_bytes = 0});
  const VideoId id = Uploaded();
  for (const char* file : {"vsrc-00001.m4s", "vsrc-00008.m4s", "asrc0-00001.m4s"}) {
    const auto content = Open(forgetful, id, file);
    ASSERT_TRUE(content.has_value());
    EXPECT_EQ(forgetful.cache_counts().bytes, 0U);
    const std::string bytes = Whole(*Open(id, file));
    EXPECT_TRUE(Whole(forgetful, *content) == bytes);
    EXPECT_TRUE(Slice(forgetful, *content, 1000, 2000) == bytes.substr(1000, 2000));
  }
}

TEST_F(SourceDeliveryTest, SaysAndSendsTheSameAfterARestart) {
  const VideoId id = Uploaded();
  Delivery other(catalog_, store_, blocking_, {});
  for (const char* file : {"vsrc-init.mp4", "vsrc-00002.m4s", "asrc0-00003.m4s", "manifest.mpd"}) {
    const auto one = Open(id, file);
    const auto again = Open(other, id, file);
    ASSERT_TRUE(one && again);
    EXPECT_EQ(one->etag, again->etag) << file;
    EXPECT_EQ(Whole(*one), Whole(other, *again)) << file;
  }
  EXPECT_NE(Open(id, "vsrc-00001.m4s")->etag, Open(id, "vsrc-00002.m4s")->etag);
}

TEST_F(SourceDeliveryTest, ReadsTheBoxesOnceForEveryoneWhoAsksAtTheSameTime) {
  const VideoId id = Uploaded();
  Delivery alone(catalog_, store_, blocking_, {});
  ASSERT_TRUE(Open(alone, id, "vsrc-init.mp4").has_value());
  const std::size_t reads_of_one = reads();
  store_.Delay(MemoryBlobStore::Operation::kGet, std::chrono::milliseconds(5));
  std::size_t opened = 0;
  const auto ask = [](Delivery& delivery, VideoId video, std::size_t& count) -> async::Task<void> {
    const auto content = co_await delivery.Open(video, "vsrc-init.mp4", Deadline::Never());
    if (content) ++count;
  };
  std::vector<async::Task<void>> requests;
  requests.reserve(20);
  for (int i = 0; i < 20; ++i) requests.push_back(ask(delivery_, id, opened));
  Await(async::RunAll(std::move(requests)));
  EXPECT_EQ(opened, 20U);
  EXPECT_EQ(reads(), 2 * reads_of_one);
}

TEST_F(SourceDeliveryTest, TriesAgainWhenTheOneWhoReadTheBoxesFailed) {
  const VideoId id = Uploaded();
  store_.FailNext(MemoryBlobStore::Operation::kGet, Error(ErrorCode::kUnavailable, "down"), 1);
  EXPECT_EQ(Open(id, "manifest.mpd").error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(Open(id, "manifest.mpd").has_value());
}

TEST_F(SourceDeliveryTest, ReadsTheBoxesAgainWhenTooManyPlansHaveBeenAskedFor) {
  Delivery small(catalog_, store_, blocking_, {.plans = {.plans_max = 1}});
  const VideoId first = Uploaded();
  const VideoId second = Uploaded();
  ASSERT_TRUE(Open(small, first, "vsrc-init.mp4").has_value());
  const std::size_t before = reads();
  ASSERT_TRUE(Open(small, second, "vsrc-init.mp4").has_value());
  ASSERT_TRUE(Open(small, first, "asrc0-init.mp4").has_value());
  EXPECT_GE(reads(), before + 2);
}

TEST_F(SourceDeliveryTest, SaysThatADamagedOriginalIsDamaged) {
  const VideoId id = Uploaded();
  store_.Corrupt({id, Found(id).row.upload, sources::PartFileName(0)});
  EXPECT_EQ(Open(id, "manifest.mpd").error().code(), ErrorCode::kCorrupt);
  // The verdict names a track that the file does not have.
  EXPECT_EQ(Open(Uploaded(UsualFile(), {7}), "manifest.mpd").error().code(), ErrorCode::kCorrupt);
}

TEST_F(SourceDeliveryTest, SendsAVeryLargeSegmentInSlices) {
  support::FakeMovie movie = UsualMovie();
  movie.tracks.pop_back();
  movie.tracks[0].samples = support::FakePictures(kSegmentPictures, kSegmentPictures);
  for (auto& picture : movie.tracks[0].samples) picture.size = 100'000;
  const VideoId id = Uploaded(movie, {1});
  const auto content = Open(id, "vsrc-00001.m4s");
  ASSERT_TRUE(content.has_value());
  ASSERT_FALSE(content->segment->is_small());
  std::string bytes;
  constexpr ByteCount kSlice = 1'000'003;
  for (ByteCount at = 0; at < content->size(); at += kSlice) {
    bytes += Slice(delivery_, *content, at, std::min(kSlice, content->size() - at));
  }
  const packaging::SourcePlan plan = Plan({1});
  EXPECT_TRUE(bytes == Expected(*packaging::SourcePlan::Segment(plan.tracks()[0], 1)));
}

TEST_F(SourceDeliveryTest, GrowsWhileTheFileArrivesAndEndsStatic) {
  const VideoId id = Uploaded();
  SetArrived(id, {{.first = 0, .count = 1}});
  const auto plan = Plan();
  const std::size_t count = plan.tracks()[0].segments.size();
  const std::string grown = Text(id, "manifest.mpd");
  EXPECT_THAT(grown, HasSubstr("type=\"dynamic\""));
  EXPECT_THAT(grown, HasSubstr("mediaPresentationDuration=\"PT40.000000S\""));
  const std::string playlist = Text(id, "vsrc.m3u8");
  EXPECT_THAT(playlist, HasSubstr("EVENT"));
  EXPECT_THAT(playlist, Not(HasSubstr(media::SegmentFileName("vsrc", count))));
  EXPECT_EQ(Open(id, media::SegmentFileName("vsrc", count)).error().code(), ErrorCode::kNotFound);
  const auto first = Open(id, "vsrc-00001.m4s");
  ASSERT_TRUE(first.has_value());
  EXPECT_TRUE(Whole(*first) == Expected(*packaging::SourcePlan::Segment(plan.tracks()[0], 1)));

  SetArrived(id, {{.first = 0, .count = 2}});
  const std::string whole = Text(id, "manifest.mpd");
  EXPECT_THAT(whole, HasSubstr("type=\"static\""));
  EXPECT_TRUE(Open(id, media::SegmentFileName("vsrc", count)).has_value());
  EXPECT_EQ(Open(id, "vsrc-00001.m4s")->etag, first->etag);
}

TEST_F(SourceDeliveryTest, ListsNothingThatItDoesNotServe) {
  const VideoId id = Uploaded();
  SetArrived(id, {{.first = 0, .count = 1}});
  for (const char* name : {"vsrc", "asrc0"}) {
    const std::string playlist = Text(id, std::string(name) + ".m3u8");
    std::size_t listed = 0;
    for (std::size_t n = 1; playlist.contains(media::SegmentFileName(name, n)); ++n) {
      const auto content = Open(id, media::SegmentFileName(name, n));
      ASSERT_TRUE(content.has_value()) << name << n;
      EXPECT_EQ(Whole(*content).size(), content->size());
      ++listed;
    }
    EXPECT_GT(listed, 4U);
  }
}

TEST_F(SourceDeliveryTest, HasNothingBeforeEveryTrackHasABeginning) {
  const VideoId id = Uploaded();
  SetArrived(id, {{.first = 1, .count = 1}});
  EXPECT_FALSE(Open(id, "manifest.mpd").has_value());
}

TEST_F(SourceDeliveryTest, KeepsTheOriginalBesideWhatWasMadeOfIt) {
  const VideoId id = Uploaded();
  media::Rendition rung = Encoded("v360", media::Kind::kVideo);
  for (std::uint64_t i = 0; i < 10; ++i) {
    rung.segments.push_back({.start = i * 4000, .duration = 4000, .size = 9});
  }
  Publish(id, {.renditions = {rung}, .duration_seconds = 40});
  const std::string mpd = Text(id, "manifest.mpd");
  EXPECT_LT(mpd.find("id=\"vsrc\""), mpd.find("id=\"v360\""));
  EXPECT_LT(mpd.find("id=\"v360\""), mpd.find("id=\"asrc0\""));
  EXPECT_THAT(mpd, Not(HasSubstr("<AdaptationSet id=\"2\"")));
  EXPECT_FALSE(Text(id, "vsrc-00001.m4s").empty());
}

TEST_F(SourceDeliveryTest, ShowsWhatATranscodeHasMadeSoFarAndReadsEachStepOnce) {
  const VideoId id = Uploaded(UsualFile(), {});
  EXPECT_EQ(Open(id, "manifest.mpd").error().code(), ErrorCode::kNotFound);
  SetGrown(id, 2, false);
  const std::string some = Text(id, "manifest.mpd");
  EXPECT_THAT(some, HasSubstr("type=\"dynamic\""));
  EXPECT_THAT(some, HasSubstr("<S t=\"0\" d=\"4000\" r=\"1\"/>"));
  EXPECT_TRUE(Open(id, "a0-00002.m4s").has_value());
  EXPECT_EQ(Open(id, "a0-00003.m4s").error().code(), ErrorCode::kNotFound);
  const std::size_t before = reads();
  SetGrown(id, 3, false);
  EXPECT_THAT(Text(id, "manifest.mpd"), HasSubstr("<S t=\"0\" d=\"4000\" r=\"2\"/>"));
  EXPECT_EQ(reads(), before + 1);
  SetGrown(id, 3, true);
  EXPECT_THAT(Text(id, "manifest.mpd"), HasSubstr("type=\"static\""));
  EXPECT_THAT(Text(id, "v360.m3u8"), HasSubstr("#EXT-X-ENDLIST"));
}

TEST_F(SourceDeliveryTest, ShowsPicturesOfTheOriginalOnlyAsFarAsTheirSoundIsMade) {
  const VideoId id = Uploaded(UsualFile(), {1});
  catalog::VideoRow row = Found(id).row;
  row.copy->reasons = {{.code = "audio_codec", .message = "."}};
  coordination::Txn txn;
  txn.then = {coordination::Operation::Put(catalog::RowKey(id), catalog::Encode(row))};
  EXPECT_TRUE(Value(coordination_.Commit(std::move(txn), Deadline::Never())).has_value());
  EXPECT_EQ(Open(id, "manifest.mpd").error().code(), ErrorCode::kNotFound);
  SetGrown(id, 3, false);
  const std::string playlist = Text(id, "vsrc.m3u8");
  EXPECT_THAT(playlist, HasSubstr("vsrc-00003.m4s"));
  EXPECT_THAT(playlist, Not(HasSubstr("vsrc-00004.m4s")));
  SetGrown(id, 3, true);
  EXPECT_THAT(Text(id, "vsrc.m3u8"), HasSubstr("vsrc-00010.m4s"));
}

// It is whole by itself: it does not become one that grows.
TEST_F(SourceDeliveryTest, DoesNotShowALadderBesideTheOriginalBeforeItIsWhole) {
  const VideoId id = Uploaded();
  SetGrown(id, 2, false);
  const std::string mpd = Text(id, "manifest.mpd");
  EXPECT_THAT(mpd, HasSubstr("type=\"static\""));
  EXPECT_THAT(mpd, Not(HasSubstr("v360")));
}

TEST_F(SourceDeliveryTest, ShowsAnOriginalOfWhichNothingHadToBeMade) {
  const VideoId id = Uploaded();
  Publish(id, {.renditions = {}, .duration_seconds = 40});
  EXPECT_THAT(Text(id, "manifest.mpd"), HasSubstr("id=\"vsrc\""));
}

TEST_F(SourceDeliveryTest, ShowsOnlyTheTracksThatTheVerdictNames) {
  const VideoId id = Uploaded(UsualFile(), {1});
  EXPECT_THAT(Text(id, "manifest.mpd"), Not(HasSubstr("asrc0")));
  EXPECT_EQ(Open(id, "asrc0-init.mp4").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tritontube::delivery
