#include <gmock/gmock.h>

#include <algorithm>

#include "domain/catalog/view.h"
#include "domain/manifest/growth.h"
#include "foundation/async/shielded.h"
#include "foundation/async/sleep.h"
#include "services/transcode/worker_fixture_test.h"
#include "support/movie_file.h"

namespace tritontube::transcode {
namespace {

using media::Rendition;

class GrowthTest : public TranscodeWorkerTest {
 protected:
  // The encoder goes on with its second segment when what is watchable is told.
  std::function<async::Task<Result<void>>()> AfterGrowth(const VideoId& id) {
    return [this, id] { return WaitForGrowth(id, segments_begun_++ == 1); };
  }
  async::Task<Result<void>> WaitForGrowth(VideoId id, bool wait) {
    while (wait && !co_await async::IsCancelled()) {
      const auto record = co_await catalog_.Find(id, Deadline::Never());
      if (record && record->progress && record->progress->growth) {
        growing_ = *record;
        break;
      }
      co_await async::Sleep(std::chrono::milliseconds(1));
    }
    co_return Result<void>();
  }

  std::vector<Rendition> Watchable(const VideoId& id, const catalog::Growth& growth) {
    std::vector<Rendition> whole;
    for (std::uint64_t step = 1; step <= growth.steps; ++step) {
      const auto json = Value(
          store_.GetWhole({id, growth.output, manifest::GrowthFileName(step)}, Deadline::Never()));
      EXPECT_TRUE(json.has_value()) << step;
      EXPECT_TRUE(manifest::AppendGrowth(whole, manifest::GrowthFromJson(json->Flatten()).value())
                      .has_value());
    }
    return whole;
  }
  blob::Digest DigestOf(const VideoId& id, const UploadId& output, const std::string& file) {
    return Value(store_.Stat({id, output, file}, Deadline::Never()))->digest;
  }
  // An attempt that dies when a beginning can be watched.
  UploadId DieInTheMiddle(const VideoId& id) {
    encoder_.before_segment = AfterGrowth(id);
    encoder_.failures = {Error(ErrorCode::kUnavailable, "the machine is at fault")};
    encoder_.fail_after = 2;
    WorkUntil([this] { return witness_.retried == 1; });
    encoder_.before_segment = nullptr;
    // The worker may have taken the job again before it was stopped.
    encoder_.call_count = 0;
    EXPECT_TRUE(Found(id).progress && Found(id).progress->growth);
    return Found(id).progress->growth->output;
  }

  int segments_begun_ = 0;
  std::optional<catalog::VideoRecord> growing_;
};

TEST_F(GrowthTest, TellsWhatCanBeWatchedWhileTheRestIsMade) {
  const VideoId id = CommittedVideo();
  encoder_.before_segment = AfterGrowth(id);
  WorkUntil([this] { return witness_.done == 1; });
  ASSERT_TRUE(growing_.has_value());
  EXPECT_TRUE(catalog::ViewOf(*growing_).playable);
  EXPECT_FALSE(growing_->progress->growth->complete);
  const media::Presentation presentation = PresentationOf(id);
  const std::vector<Rendition> watchable = Watchable(id, *growing_->progress->growth);
  EXPECT_EQ(watchable.size(), presentation.renditions.size());
  for (const Rendition& rendition : watchable) EXPECT_EQ(rendition.segments.size(), 1U);
  EXPECT_EQ(Found(id).row.presentation->output, growing_->progress->growth->output);
}

// An attempt dies after something could be watched, and the next one's encoder
// makes other bytes of the same.
TEST_F(GrowthTest, WhatCouldBeWatchedStaysWhenAnotherAttemptGoesOn) {
  const VideoId id = CommittedVideo();
  const UploadId output = DieInTheMiddle(id);
  const std::vector<Rendition> watched = Watchable(id, *Found(id).progress->growth);
  ASSERT_FALSE(watched.empty());
  const std::string file = media::SegmentFileName(watched[0].id, 1);
  const blob::Digest first = DigestOf(id, output, file);

  encoder_.sample_size = 20;
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_EQ(Found(id).row.presentation->output, output);
  EXPECT_EQ(DigestOf(id, output, file), first);
  for (const Rendition& rendition : PresentationOf(id).renditions) {
    const auto before = std::ranges::find(watched, rendition.id, &Rendition::id);
    ASSERT_NE(before, watched.end());
    for (std::size_t i = 0; i < before->segments.size(); ++i) {
      EXPECT_EQ(rendition.segments[i], before->segments[i]) << rendition.id << " " << i;
    }
  }
}

TEST_F(GrowthTest, AnAttemptThatCannotGoOnBeginsAnewUnderItsOwnName) {
  const VideoId id = CommittedVideo();
  const UploadId output = DieInTheMiddle(id);
  encoder_.duration_factor = 2;
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_NE(Found(id).row.presentation->output, output);
  EXPECT_EQ(encoder_.call_count, 2);
  EXPECT_EQ(witness_.failed, 0);
}

// A step was stored, but the worker died before it could tell of it.
TEST_F(GrowthTest, TakesAStepThatNobodyToldOfForTheNextOne) {
  const VideoId id = CommittedVideo();
  const UploadId output = DieInTheMiddle(id);
  const catalog::Growth growth = *Found(id).progress->growth;
  std::vector<Rendition> step = Watchable(id, growth);
  for (Rendition& rendition : step) {
    const media::Segment last = rendition.segments.back();
    rendition.segments = {
        {.start = last.start + last.duration, .duration = last.duration, .size = last.size}};
  }
  std::vector<blob::Blob> batch;
  batch.push_back({.key = {id, output, manifest::GrowthFileName(growth.steps + 1)},
                   .bytes = blob::Bytes(manifest::GrowthToJson(step))});
  ASSERT_TRUE(Value(store_.Put(std::move(batch), Deadline::Never())).has_value());
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_EQ(Found(id).row.presentation->output, output);
  EXPECT_EQ(encoder_.call_count, 1);
}

// Its growth cannot be read any more: what is made anew does not depend on it.
TEST_F(GrowthTest, BeginsAnewWhenWhatCouldBeWatchedIsDamaged) {
  const VideoId id = CommittedVideo();
  const UploadId output = DieInTheMiddle(id);
  store_.Corrupt({id, output, manifest::GrowthFileName(1)});
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_NE(Found(id).row.presentation->output, output);
}

// Two workers: the first loses its claim when a beginning can be watched, the
// second takes the job and finishes it, and then the first goes on as if nothing
// had happened.
class LostClaimTest : public GrowthTest {
 protected:
  async::Task<Result<void>> LoseTheClaimAtTheSecondSegment(VideoId id) {
    const bool second = segments_begun_++ == 1;
    TT_CO_RETURN_IF_ERROR(co_await WaitForGrowth(id, second));
    if (second) {
      // Whoever takes the claim away does not tell the encoder.
      TT_CO_RETURN_IF_ERROR(co_await async::Shielded(FinishElsewhere()));
      goes_on_ = true;
    }
    witness_.changed.Notify();
    co_return Result<void>();
  }

  bool goes_on_ = false;

 private:
  async::Task<Result<void>> FinishElsewhere() {
    const auto revoked = co_await coordination_.RevokeLease(lease_.lease(), Deadline::Never());
    EXPECT_TRUE(revoked.has_value());
    const auto started = co_await second_lease_.Start(Deadline::Never());
    EXPECT_TRUE(started.has_value());
    second_encoder_.sample_size = 20;
    co_await Work({second_encoder_, second_lease_, second_witness_},
                  [this] { return second_witness_.extras > 0; });
    co_return Result<void>();
  }

  coordination::LeaseKeeper second_lease_{coordination_, std::chrono::minutes(1)};
  support::FakeEncoder second_encoder_;
  Witness second_witness_;
};

TEST_F(LostClaimTest, TheWorkerThatLostItChangesNothing) {
  const VideoId id = CommittedVideo();
  encoder_.before_segment = [&] { return LoseTheClaimAtTheSecondSegment(id); };
  WorkUntil([this] { return goes_on_ && witness_.started >= 1; });

  const catalog::VideoRecord record = Found(id);
  EXPECT_EQ(catalog::ViewOf(record).state, catalog::VideoState::kReady);
  EXPECT_EQ(record.row.presentation->output, growing_->progress->growth->output);
  EXPECT_FALSE(record.claim.has_value());
  EXPECT_EQ(witness_.done + witness_.failed + witness_.retried, 0);
  for (const Rendition& rendition : PresentationOf(id).renditions) {
    for (std::size_t i = 0; i < rendition.segments.size(); ++i) {
      const auto stat = Value(store_.Stat(
          {id, record.row.presentation->output, media::SegmentFileName(rendition.id, i + 1)},
          Deadline::Never()));
      EXPECT_EQ(stat->size, rendition.segments[i].size) << rendition.id << " " << i;
    }
  }
}

// A file whose boxes say 1280x720 with a key picture every four seconds, and sound.
support::MovieFile Movie() {
  support::FakeMovie movie;
  movie.tracks.push_back({.id = 1, .samples = support::FakePictures(240, 96)});
  support::FakeMovieTrack sound{.id = 2, .handler = "soun", .timescale = 48'000};
  sound.samples.assign(469, {.size = 50, .duration = 1024});
  movie.tracks.push_back(sound);
  return support::MakeMovieFile(movie);
}

media::Source ProbedMovie() {
  media::Source source = support::SmallSource(10);
  source.video.front().id = 1;
  source.video.front().width = 1280;
  source.video.front().height = 720;
  source.video.front().average_frame_rate = {24, 1};
  source.video.front().nominal_frame_rate = {24, 1};
  source.audio.front().id = 2;
  return source;
}

class ShownSourceTest : public GrowthTest {
 protected:
  VideoId Committed(std::vector<std::uint32_t> tracks, std::vector<media::CopyReason> reasons) {
    const catalog::CopyVerdict copy{.reasons = std::move(reasons), .tracks = std::move(tracks)};
    catalog::SourceAnalysis analysis{.copy = copy, .facts = {.duration_seconds = 10}};
    analysis.renditions.push_back(
        {.id = "vsrc", .codec = "avc1.64001f", .width = 1280, .height = 720, .bandwidth = 1});
    if (copy.ShowsAll()) {
      analysis.renditions.push_back(
          {.id = "asrc0", .kind = media::Kind::kAudio, .codec = "mp4a.40.2", .bandwidth = 1});
    }
    prober_.answer = ProbedMovie();
    return CommittedVideo(blob::Bytes(Movie().bytes), std::move(analysis));
  }
  VideoId ShowingAll() { return Committed({1, 2}, {}); }
  VideoId ShowingPictures() {
    return Committed({1}, {{.code = "codec", .message = "the sound is 'ac-3', not AAC"}});
  }

  std::vector<std::string> Names(const VideoId& id) {
    std::vector<std::string> names;
    for (const auto& rendition : catalog::ViewOf(Found(id)).renditions) {
      names.push_back(
          fmt::format("{} {}", rendition.summary.id, catalog::ToString(rendition.state)));
    }
    return names;
  }

  async::Task<Result<void>> BreakTheFirstLadder() {
    if (!encoder_.plans.back().video || ladders_begun_++ > 0) co_return Result<void>();
    co_return Fail(ErrorCode::kUnavailable, "the machine is at fault");
  }

 private:
  int ladders_begun_ = 0;
};

using ::testing::ElementsAre;
using ::testing::Key;

TEST_F(ShownSourceTest, MakesOnlyWhatTheSourceDoesNotServeAndCutsItAlike) {
  const VideoId id = ShowingAll();
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_EQ(prober_.sound_check_count, 1);
  ASSERT_EQ(encoder_.plans.size(), 1U);
  EXPECT_THAT(encoder_.plans[0].video->cuts, ElementsAre(96, 192));
  EXPECT_EQ(encoder_.plans[0].audio.size(), 0U);
  EXPECT_THAT(Names(id),
              ElementsAre("vsrc ready", "v480 ready", "v360 ready", "v240 ready", "asrc0 ready"));
  EXPECT_NEAR(PresentationOf(id).duration_seconds, 10, 0.01);
  EXPECT_TRUE(Found(id).row.source->digest.has_value());
  EXPECT_EQ(*Found(id).row.source->digest, blob::DigestOf(blob::Bytes(Movie().bytes)));
  EXPECT_EQ(Found(id).row.extras.loudness, extra_tools_.loudness);
  EXPECT_THAT(Found(id).row.extras.ssim, ElementsAre(Key("v240"), Key("v360"), Key("v480")));
}

// With what they were made of on the clock of the source, also when another worker has made them.
TEST_F(ShownSourceTest, ComparesWhatWasMadeBesideTheSourceByThePlanThatMadeIt) {
  const VideoId id = ShowingAll();
  extra_tools_.failures = {Error(ErrorCode::kUnavailable, "no process could be started")};
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_EQ(witness_.retried, 1);
  ASSERT_EQ(encoder_.plans.size(), 1U);
  ASSERT_EQ(extra_tools_.comparisons.size(), 1U);
  media::EncodePlan compared = extra_tools_.comparisons[0];
  EXPECT_EQ(compared.video->first_frame, 96);
  EXPECT_EQ(compared.video->end_frame, 192);
  compared.video->first_frame = 0;
  compared.video->end_frame = 0;
  EXPECT_EQ(compared, encoder_.plans[0]);
}

TEST_F(ShownSourceTest, MakesTheSoundFirstWhenOnlyThatIsNotShown) {
  const VideoId id = ShowingPictures();
  encoder_.before_segment = [&] { return WaitForGrowth(id, encoder_.call_count == 2); };
  WorkUntil([this] { return witness_.done == 1; });
  ASSERT_EQ(encoder_.plans.size(), 2U);
  EXPECT_FALSE(encoder_.plans[0].video.has_value());
  EXPECT_TRUE(encoder_.plans[1].audio.empty());
  EXPECT_EQ(prober_.sound_check_count, 0);
  ASSERT_TRUE(growing_.has_value());
  EXPECT_TRUE(growing_->progress->growth->complete);
  EXPECT_EQ(Watchable(id, *growing_->progress->growth).size(), 1U);
  EXPECT_THAT(Names(id),
              ElementsAre("vsrc ready", "v480 ready", "v360 ready", "v240 ready", "a0 ready"));
}

TEST_F(ShownSourceTest, DoesNotMakeTheSoundASecondTimeWhenTheLadderBreaksOff) {
  const VideoId id = ShowingPictures();
  encoder_.before_segment = [this] { return BreakTheFirstLadder(); };
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_EQ(witness_.retried, 1);
  const auto is_sound = [](const media::EncodePlan& plan) { return !plan.video; };
  EXPECT_EQ(std::ranges::count_if(encoder_.plans, is_sound), 1);
  EXPECT_EQ(PresentationOf(id).renditions.back().id, "a0");
}

TEST_F(ShownSourceTest, SwitchesToEncodedSoundWhenTheSourcesIsDamaged) {
  prober_.sound_is_whole = false;
  const VideoId id = ShowingAll();
  encoder_.before_segment = [&] { return WaitForGrowth(id, encoder_.call_count == 2); };
  WorkUntil([this] { return witness_.done == 1; });
  ASSERT_TRUE(growing_.has_value());
  EXPECT_TRUE(growing_->progress->growth->complete);
  const catalog::CopyVerdict copy = *growing_->row.copy;
  EXPECT_EQ(copy, *Found(id).row.copy);
  EXPECT_THAT(copy.tracks, ElementsAre(1));
  ASSERT_EQ(copy.reasons.size(), 1U);
  EXPECT_EQ(copy.reasons[0].code, "audio_damaged");
  EXPECT_THAT(Names(id),
              ElementsAre("vsrc ready", "v480 ready", "v360 ready", "v240 ready", "a0 ready"));
}

TEST_F(ShownSourceTest, IsReadyWithoutOtherQualitiesWhenNoneCanBeMade) {
  encoder_.failures.assign(5, Error(ErrorCode::kInternal, "ffmpeg crashed"));
  const VideoId id = ShowingAll();
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_EQ(encoder_.call_count, 2) << "after as many attempts as a file gets";
  EXPECT_FALSE(Found(id).row.failure.has_value());
  EXPECT_TRUE(PresentationOf(id).renditions.empty());
  EXPECT_THAT(Names(id), ElementsAre("vsrc ready", "v480 failed", "v360 failed", "v240 failed",
                                     "asrc0 ready"));
}

TEST_F(ShownSourceTest, FailsWhenNotOneOfItsPicturesCanBeDecoded) {
  encoder_.poster_failure = Error(ErrorCode::kInvalidArgument, "not one picture can be decoded");
  const VideoId id = ShowingAll();
  WorkUntil([this] { return witness_.failed == 1; });
  EXPECT_EQ(Found(id).row.failure->message, "not one picture can be decoded");
}

TEST_F(ShownSourceTest, IsReadyEvenWhenTheToolsCannotReadTheFile) {
  const VideoId id = ShowingAll();
  prober_.answer = Fail(ErrorCode::kInvalidArgument, "The file breaks off.");
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_EQ(catalog::ViewOf(Found(id)).state, catalog::VideoState::kReady);
}

}  // namespace
}  // namespace tritontube::transcode
