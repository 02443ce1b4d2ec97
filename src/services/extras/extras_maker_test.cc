#include "services/extras/extras_maker.h"

#include <gmock/gmock.h>

#include "services/extras/ready_video_test.h"

namespace tritontube::extras {
namespace {

class ExtrasMakerTest : public ReadyVideoTest {
 protected:
  ExtrasMaker::Job JobFor(const VideoId& id) {
    return {.video = Found(id).row,
            .output = *output_,
            .presentation = presentation_,
            .plan = plan_,
            .source = temp_.path() / "source"};
  }
  // What the renditions of a ReadyVideo() are made by.
  ExtrasMaker::Ladder MadeLadder() {
    ExtrasMaker::Ladder ladder{.plan = {}, .source = temp_.path() / "source"};
    ladder.plan.video = media::VideoPlan{.frame_rate = {25, 1},
                                         .frames_per_segment = 100,
                                         .timescale = 1000,
                                         .rungs = {{.id = "v1080", .width = 1920, .height = 1080},
                                                   {.id = "v360", .width = 640, .height = 360}}};
    return ladder;
  }
  Result<catalog::VideoExtras> Make(ExtrasMaker::Job job) {
    return Value(maker_.Make(std::move(job)));
  }
  std::string Stored(const VideoId& id, std::string_view file) {
    const auto bytes = Value(store_.GetWhole({id, *output_, std::string(file)}, Deadline::Never()));
    return bytes ? bytes->Flatten() : bytes.error().message();
  }

  media::EncodePlan plan_;
  ExtrasMaker maker_{store_, *scratch_, extra_tools_};
};

TEST_F(ExtrasMakerTest, MakesTheStoryboardOfAShortVideoFromAllOfItsSmallestRung) {
  const VideoId id = ReadyVideo(3);
  const auto extras = Make(JobFor(id));
  ASSERT_TRUE(extras.has_value()) << extras.error().message();
  EXPECT_EQ(extras->storyboard, output_);
  EXPECT_EQ(extras->storyboard_sheets, 1U);
  EXPECT_EQ(Stored(id, "storyboard-001.jpg"), "sheet 1");
  EXPECT_TRUE(Stored(id, "storyboard.vtt").starts_with("WEBVTT"));
  ASSERT_EQ(extra_tools_.sheets.size(), 1U);
  EXPECT_EQ(extra_tools_.sheets[0].tile_count, 12U);
  EXPECT_EQ(extra_tools_.sheets[0].interval_seconds, 1);
  EXPECT_EQ(scratch_->reserved_bytes(), 0U);
}

TEST_F(ExtrasMakerTest, MakesEachSheetOfALongVideoFromItsOwnSegmentsOnly) {
  const VideoId id = ReadyVideo(102);
  const auto extras = Make(JobFor(id));
  ASSERT_TRUE(extras.has_value()) << extras.error().message();
  EXPECT_EQ(extras->storyboard_sheets, 2U);
  ASSERT_EQ(extra_tools_.sheets.size(), 2U);
  EXPECT_EQ(extra_tools_.sheets[1].tile_count, 2U);
}

TEST_F(ExtrasMakerTest, MeasuresTheSoundThatIsServed) {
  const auto extras = Make(JobFor(ReadyVideo(3)));
  EXPECT_EQ(extras->loudness, extra_tools_.loudness);
  EXPECT_EQ(extra_tools_.file_text, "a0: 0 1 2 ");
  EXPECT_EQ(maker_.counts().loudness, 1U);
}

TEST_F(ExtrasMakerTest, MakesCaptionsOfEverySubtitleStreamWithALanguageOfItsOwn) {
  plan_.start_seconds = 0.5;
  plan_.subtitles = {{.stream_index = 2, .language = "eng", .label = ""},
                     {.stream_index = 3, .language = "eng", .label = "For the deaf"},
                     {.stream_index = 4, .language = "", .label = ""}};
  const VideoId id = ReadyVideo(3);
  const auto extras = Make(JobFor(id));
  ASSERT_TRUE(extras.has_value()) << extras.error().message();
  ASSERT_EQ(extras->captions.size(), 3U);
  EXPECT_EQ(extras->captions[0].language, "en");
  EXPECT_EQ(extras->captions[0].label, "English");
  EXPECT_FALSE(extras->captions[0].from_person);
  EXPECT_EQ(extras->captions[1].language, "en-x-2");
  EXPECT_EQ(extras->captions[1].label, "For the deaf");
  EXPECT_EQ(extras->captions[2].language, "und");
  EXPECT_EQ(extras->captions[2].label, "Captions 3");
  EXPECT_EQ(Stored(id, "captions-en-" + output_->text() + ".vtt"),
            "WEBVTT\n\n00:00:00.500 --> 00:00:01.500\nHello\n");
}

TEST_F(ExtrasMakerTest, ComparesASampleOfEveryRungThatWasMadeWithItsSource) {
  const VideoId id = ReadyVideo(9);
  ExtrasMaker::Job job = JobFor(id);
  job.ladder = MadeLadder();
  const auto extras = Make(std::move(job));
  ASSERT_TRUE(extras.has_value()) << extras.error().message();
  EXPECT_EQ(extras->ssim, (std::map<std::string, double>{{"v1080", 0.96875}, {"v360", 0.484375}}));
  ASSERT_EQ(extra_tools_.comparisons.size(), 1U);
  EXPECT_EQ(extra_tools_.comparisons[0].video->first_frame, 400);
  EXPECT_EQ(extra_tools_.comparisons[0].video->end_frame, 500);
  EXPECT_EQ(extra_tools_.file_text, "v1080: 4 ");
  EXPECT_EQ(maker_.counts().comparisons, 1U);
  EXPECT_EQ(scratch_->reserved_bytes(), 0U);
}

TEST_F(ExtrasMakerTest, ComparesNothingWhereNoRungsWereMade) {
  const auto extras = Make(JobFor(ReadyVideo(9)));
  ASSERT_TRUE(extras.has_value()) << extras.error().message();
  EXPECT_TRUE(extras->ssim.empty());
  EXPECT_TRUE(extra_tools_.comparisons.empty());
  EXPECT_EQ(maker_.counts().failures, 0U);
}

TEST_F(ExtrasMakerTest, DoesWithoutAComparisonThatFails) {
  ExtrasMaker::Job job = JobFor(ReadyVideo(3));
  job.ladder = MadeLadder();
  extra_tools_.failures = {std::nullopt, std::nullopt,
                           Error(ErrorCode::kInternal, "ffmpeg has compared no pictures")};
  const auto extras = Make(std::move(job));
  ASSERT_TRUE(extras.has_value()) << extras.error().message();
  EXPECT_TRUE(extras->ssim.empty());
  EXPECT_TRUE(extras->storyboard.has_value());
  EXPECT_EQ(maker_.counts().failures, 1U);
}

TEST_F(ExtrasMakerTest, IsTriedAgainWhenTheMachineFailsInAComparison) {
  ExtrasMaker::Job job = JobFor(ReadyVideo(3));
  job.ladder = MadeLadder();
  extra_tools_.failures = {std::nullopt, std::nullopt,
                           Error(ErrorCode::kUnavailable, "no process could be started")};
  EXPECT_EQ(Make(std::move(job)).error().code(), ErrorCode::kUnavailable);
}

// The lossless copy that is compared instead takes room, too.
TEST_F(ExtrasMakerTest, ComparesASourceWithoutAnIndexOnlyWhereItsCopyHasRoom) {
  ExtrasMaker::Job job = JobFor(ReadyVideo(3));
  job.ladder = MadeLadder();
  job.ladder.plan.remux_first = true;
  job.video.source->size = ByteCount{1} << 60U;
  EXPECT_EQ(Make(std::move(job)).error().code(), ErrorCode::kResourceExhausted);
}

TEST_F(ExtrasMakerTest, GoesOnWithoutWhatAFileOrAToolCannotGive) {
  plan_.subtitles = {{.stream_index = 2, .language = "eng", .label = ""}};
  extra_tools_.failures = {Error(ErrorCode::kInternal, "ffmpeg broke"), std::nullopt};
  extra_tools_.subtitles = "these are no subtitles";
  const auto extras = Make(JobFor(ReadyVideo(3)));
  ASSERT_TRUE(extras.has_value()) << extras.error().message();
  EXPECT_EQ(extras->storyboard, std::nullopt);
  EXPECT_TRUE(extras->loudness.has_value());
  EXPECT_TRUE(extras->captions.empty());
  EXPECT_EQ(maker_.counts().failures, 2U);
}

TEST_F(ExtrasMakerTest, IsTriedAgainWhenTheMachineFailsButNotForEver) {
  const VideoId id = ReadyVideo(3);
  extra_tools_.failures = {Error(ErrorCode::kUnavailable, "no process could be started")};
  EXPECT_EQ(Make(JobFor(id)).error().code(), ErrorCode::kUnavailable);

  extra_tools_.failures = {Error(ErrorCode::kUnavailable, "no process could be started")};
  ExtrasMaker::Job last = JobFor(id);
  last.is_last_attempt = true;
  const auto extras = Make(std::move(last));
  ASSERT_TRUE(extras.has_value()) << extras.error().message();
  EXPECT_EQ(extras->storyboard, std::nullopt);
}

TEST_F(ExtrasMakerTest, StopsWhenItIsCancelled) {
  const VideoId id = ReadyVideo(3);
  extra_tools_.failures = {Error(ErrorCode::kCancelled, "the work was stopped")};
  ExtrasMaker::Job last = JobFor(id);
  last.is_last_attempt = true;
  EXPECT_EQ(Make(std::move(last)).error().code(), ErrorCode::kCancelled);
}

TEST_F(ExtrasMakerTest, HasNoStoryboardOfSoundAlone) {
  const auto extras = Make(JobFor(ReadyVideo(3, /*has_pictures=*/false)));
  ASSERT_TRUE(extras.has_value()) << extras.error().message();
  EXPECT_EQ(extras->storyboard, std::nullopt);
  EXPECT_EQ(maker_.counts().failures, 0U);
}

}  // namespace
}  // namespace tritontube::extras
