#include <gmock/gmock.h>

#include <algorithm>

#include "domain/catalog/view.h"
#include "domain/manifest/growth.h"
#include "domain/planning/planning.h"
#include "foundation/async/sleep.h"
#include "services/transcode/chunked_pictures.h"
#include "services/transcode/worker_fixture_test.h"

namespace tritontube::transcode {
namespace {

using async::Task;
using media::Rendition;

constexpr double kSeconds = 120;

// A video of two minutes, whose pictures are worth being made in chunks.
class ChunkedTest : public TranscodeWorkerTest {
 protected:
  ChunkedTest() { prober_.answer = support::SmallSource(kSeconds); }

  std::vector<planning::Chunk> Chunks() {
    return planning::PlanChunks(planning::PlanEncode(*prober_.answer).value());
  }
  Task<std::size_t> CountMade(VideoId id) {
    const auto record = co_await catalog_.Find(id, Deadline::Never());
    if (!record || !record->progress || !record->progress->chunks) co_return 0;
    const auto found =
        co_await impatient_chunks_.Rows(id, *record->progress->chunks, Deadline::Never());
    co_return static_cast<std::size_t>(std::ranges::count_if(
        found->rows, [](const chunks::ChunkRow& row) { return row.made.has_value(); }));
  }
  // Of the chunks that were begun, their first frames.
  std::vector<std::int64_t> Begun() const {
    std::vector<std::int64_t> frames;
    for (const media::EncodePlan& plan : encoder_.plans) {
      if (plan.video) frames.push_back(plan.video->first_frame);
    }
    return frames;
  }
  static bool IsWhole(const media::EncodePlan& plan) {
    return plan.video && plan.video->first_frame == 0 && plan.video->end_frame == 0;
  }

  void ExpectWhole(const VideoId& id) {
    const media::Presentation presentation = PresentationOf(id);
    ASSERT_EQ(presentation.renditions.size(), 4U);
    for (const Rendition& rendition : presentation.renditions) {
      EXPECT_EQ(rendition.segments.size(), 30U) << rendition.id;
      std::uint64_t end = 0;
      for (const media::Segment& segment : rendition.segments) {
        EXPECT_EQ(segment.start, end) << rendition.id;
        end += segment.duration;
      }
      for (std::size_t i = 0; i < rendition.segments.size(); ++i) {
        const auto stat = Value(store_.Stat(
            {id, Found(id).row.presentation->output, media::SegmentFileName(rendition.id, i + 1)},
            Deadline::Never()));
        ASSERT_TRUE(stat.has_value()) << rendition.id << " " << i;
        EXPECT_EQ(stat->size, rendition.segments[i].size) << rendition.id << " " << i;
      }
    }
  }
  void ExpectNoRowsLeft() {
    const auto left = Value(coordination_.Range({.prefix = "chunk/"}, Deadline::Never()));
    EXPECT_TRUE(left->items.empty());
  }

  // Stays in a chunk until it is stopped. Says so when all before it are made and can
  // be watched.
  void StayIn(const VideoId& id, std::size_t chunk) {
    encoder_.before_segment = [this, id, chunk] { return Stay(id, chunk); };
  }
  Task<Result<void>> Stay(VideoId id, std::size_t chunk) {
    const auto& video = encoder_.plans.back().video;
    if (!video || video->first_frame != Chunks()[chunk].first_frame) co_return Result<void>();
    while (!co_await async::IsCancelled()) {
      auto record = co_await catalog_.Find(id, Deadline::Never());
      if (record && record->progress->growth && co_await CountMade(id) == chunk) {
        growing_ = *std::move(record);
        witness_.changed.Notify();
        break;
      }
      co_await async::Sleep(std::chrono::milliseconds(1));
    }
    co_await async::Sleep(std::chrono::hours(1));
    co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
  Task<Result<void>> LoseTheLeaseIn(std::size_t chunk) {
    const auto& video = encoder_.plans.back().video;
    const bool is_it = video && video->first_frame == Chunks()[chunk].first_frame;
    if (!is_it || std::exchange(has_lost_, true)) co_return Result<void>();
    const auto revoked = co_await coordination_.RevokeLease(hand_lease_.lease(), Deadline::Never());
    EXPECT_TRUE(revoked.has_value());
    const auto started = co_await hand_lease_.Start(Deadline::Never());
    EXPECT_TRUE(started.has_value());
    co_return Result<void>();
  }
  Task<Result<void>> Break(std::size_t chunk) {
    const media::EncodePlan& plan = encoder_.plans.back();
    if (!plan.video || plan.video->first_frame != Chunks()[chunk].first_frame) {
      co_return Result<void>();
    }
    co_return Fail(ErrorCode::kInternal, "ffmpeg crashed");
  }
  Task<Result<void>> DeleteAndGoOn(VideoId id, bool& stopped) {
    if (!encoder_.plans.back().video) co_return Result<void>();
    const auto deleted = co_await catalog_.Delete(id, Deadline::Never());
    EXPECT_TRUE(deleted.has_value());
    co_await async::Sleep(std::chrono::hours(1));
    stopped = co_await async::IsCancelled();
    witness_.changed.Notify();
    co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
  Task<Result<void>> BreakSound() {
    if (encoder_.plans.back().video) co_return Result<void>();
    co_return Fail(ErrorCode::kInvalidArgument, "the sound cannot be decoded");
  }
  Task<Result<void>> BreakSoundOnce() {
    if (encoder_.plans.back().video || std::exchange(has_lost_, true)) co_return Result<void>();
    co_return Fail(ErrorCode::kInternal, "ffmpeg crashed");
  }
  Task<Result<void>> RemoveRowsOnce(VideoId id) {
    if (!encoder_.plans.back().video || std::exchange(has_lost_, true)) co_return Result<void>();
    const auto record = co_await catalog_.Find(id, Deadline::Never());
    const auto removed =
        co_await impatient_chunks_.Remove(id, *record->progress->chunks, Deadline::Never());
    EXPECT_TRUE(removed.has_value());
    co_return Result<void>();
  }
  // A worker that makes chunks only, with a lease of its own, beside one that makes videos only.
  void WorkApart(std::function<bool()> enough) {
    Await([](ChunkedTest& test, std::function<bool()> until) -> Task<void> {
      EXPECT_TRUE((co_await test.hand_lease_.Start(Deadline::Never())).has_value());
      std::vector<Task<void>> work;
      work.push_back(test.Work({.encoder = test.encoder_,
                                .lease = test.hand_lease_,
                                .witness = test.witness_,
                                .name = "a hand",
                                .makes_videos = false},
                               until));
      work.push_back(test.Work({.encoder = test.sound_encoder_,
                                .lease = test.lease_,
                                .witness = test.witness_,
                                .makes_chunks = false},
                               until));
      co_await async::RunAll(std::move(work));
    }(*this, std::move(enough)));
  }

  support::FakeEncoder sound_encoder_;
  coordination::LeaseKeeper hand_lease_{coordination_, std::chrono::minutes(1)};
  std::optional<catalog::VideoRecord> growing_;
  bool has_lost_ = false;
};

TEST_F(ChunkedTest, MakesALongVideoInChunksAndJoinsThem) {
  const VideoId id = CommittedVideo();
  WorkUntil([this] { return witness_.extras == 1; });
  ASSERT_GE(Chunks().size(), 3U);
  EXPECT_EQ(Begun().size(), Chunks().size());
  ExpectWhole(id);
  ExpectNoRowsLeft();
  EXPECT_EQ(scratch_->reserved_bytes(), 0U);
}

TEST_F(ChunkedTest, CanBeWatchedWhenTheFirstChunkIsThere) {
  const VideoId id = CommittedVideo();
  StayIn(id, 1);
  WorkUntil([this] { return growing_.has_value(); });
  EXPECT_TRUE(catalog::ViewOf(*growing_).playable);
  EXPECT_EQ(growing_->progress->growth->output, growing_->progress->chunks);
  EXPECT_GT(growing_->progress->fraction, 0);
  EXPECT_LT(growing_->progress->fraction, 0.5);
}

// MPEG-TS: a chunk could not be found in it.
TEST_F(ChunkedTest, MakesACopyWithAnIndexOfASourceWithout) {
  prober_.answer->container = media::Container::kMpegTs;
  const VideoId id = CommittedVideo();
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_EQ(encoder_.index_count, 1);
  EXPECT_EQ(Begun().size(), Chunks().size());
  for (const media::EncodePlan& plan : encoder_.plans) {
    EXPECT_EQ(plan.container, media::Container::kMatroska);
  }
  ExpectWhole(id);
  // The copy belongs to nobody any more.
  EXPECT_FALSE(Found(id).progress.has_value());
}

// All of it goes at once, as when the power fails.
TEST_F(ChunkedTest, MakesOnlyTheMissingChunksAfterEverythingHasStopped) {
  const VideoId id = CommittedVideo();
  StayIn(id, 2);
  WorkUntil([this] { return growing_.has_value(); });
  encoder_.before_segment = nullptr;
  encoder_.plans.clear();
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_EQ(Begun().size(), Chunks().size() - 2);
  EXPECT_EQ(Begun().front(), Chunks()[2].first_frame);
  ExpectWhole(id);
}

// The claim has ended, and the worker does not know it.
TEST_F(ChunkedTest, AWorkerThatHasLostItsChunkChangesNothing) {
  const VideoId id = CommittedVideo();
  encoder_.before_segment = [this] { return LoseTheLeaseIn(1); };
  WorkApart([this] { return witness_.extras == 1; });
  ExpectWhole(id);
  EXPECT_EQ(std::ranges::count(Begun(), Chunks()[1].first_frame), 2);
  EXPECT_EQ(Begun().size(), Chunks().size() + 1);
  ExpectNoRowsLeft();
}

TEST_F(ChunkedTest, TriesAChunkAgainThatTheToolHasFailedAt) {
  const VideoId id = CommittedVideo();
  encoder_.failures = {Error(ErrorCode::kInternal, "ffmpeg crashed")};
  WorkApart([this] { return witness_.extras == 1; });
  EXPECT_EQ(witness_.retried, 0) << "the video is not to blame";
  EXPECT_EQ(Begun().size(), Chunks().size() + 1);
  ExpectWhole(id);
}

// What cannot be made by itself is perhaps made as a part of the whole.
TEST_F(ChunkedTest, MakesTheVideoInOneGoWhenAChunkCannotBeMade) {
  const VideoId id = CommittedVideo();
  encoder_.before_segment = [this] { return Break(1); };
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_EQ(witness_.retried, 1);
  EXPECT_TRUE(IsWhole(encoder_.plans.back()));
  ExpectWhole(id);
  ExpectNoRowsLeft();
}

TEST_F(ChunkedTest, StoresNothingOfAChunkThatHasTooManyFrames) {
  const VideoId id = CommittedVideo();
  encoder_.duration_factor = 2;
  WorkUntil([this] { return witness_.retried == 1; });
  EXPECT_FALSE(Found(id).progress->growth.has_value());
  encoder_.duration_factor = 1;
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_TRUE(IsWhole(encoder_.plans.back()));
  ExpectWhole(id);
}

TEST_F(ChunkedTest, StopsWhenTheVideoIsDeleted) {
  const VideoId id = CommittedVideo();
  bool stopped = false;
  encoder_.before_segment = [&] { return DeleteAndGoOn(id, stopped); };
  WorkUntil([&stopped] { return stopped; });
  EXPECT_TRUE(Listed().empty());
  // Whoever comes upon what may be left removes it.
  encoder_.before_segment = nullptr;
  const VideoId next = CommittedVideo();
  WorkUntil([this] { return witness_.extras == 1; });
  ExpectWhole(next);
  ExpectNoRowsLeft();
}

// Nobody would hear how it goes on: it is found at once, and the chunks stay.
TEST_F(ChunkedTest, TriesAgainAtOnceWhenTheSoundBreaksOff) {
  const VideoId id = CommittedVideo();
  encoder_.before_segment = [&] { return BreakSoundOnce(); };
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_EQ(witness_.retried, 1);
  const auto frames = Begun();
  EXPECT_EQ(std::ranges::count(frames, Chunks().back().first_frame), 1);
  EXPECT_TRUE(std::ranges::none_of(encoder_.plans, IsWhole));
  ExpectWhole(id);
}

// The one who published died before it could remove them.
TEST_F(ChunkedTest, RemovesWhatIsLeftOfChunksWhenItMakesTheExtras) {
  const VideoId id = CommittedVideo();
  extra_tools_.failures = {Error(ErrorCode::kUnavailable, "no process could be started")};
  WorkUntil([this] { return witness_.retried == 1; });
  const UploadId output = Found(id).row.presentation->output;
  const chunks::ChunkRow row{.id = {.video = id, .output = output}, .job = {.video = id}};
  ASSERT_TRUE(Value(impatient_chunks_.Post({row}, Deadline::Never())).has_value());
  WorkUntil([this] { return witness_.extras == 1; });
  ExpectNoRowsLeft();
}

// Somebody was wrong about what is wanted.
TEST_F(ChunkedTest, PostsChunksAgainThatHaveVanished) {
  const VideoId id = CommittedVideo();
  encoder_.before_segment = [&] { return RemoveRowsOnce(id); };
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_TRUE(has_lost_);
  ExpectWhole(id);
}

TEST_F(ChunkedTest, GoesWithoutSoundThatCannotBeDecoded) {
  const VideoId id = CommittedVideo();
  encoder_.before_segment = [this] { return BreakSound(); };
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_EQ(PresentationOf(id).renditions.size(), 3U);
}

}  // namespace
}  // namespace tritontube::transcode
