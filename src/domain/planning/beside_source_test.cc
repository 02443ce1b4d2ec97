#include "domain/planning/beside_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/planning/planning.h"

namespace tritontube::planning {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// 640 x 360 at `rate`, with two tracks of sound.
media::Source TwoSounds(media::Rational rate = {24, 1}) {
  media::Source source;
  source.duration_seconds = 60;
  media::VideoStream video;
  video.id = 1;
  video.width = 640;
  video.height = 360;
  video.average_frame_rate = rate;
  video.nominal_frame_rate = rate;
  video.duration_seconds = 60;
  source.video.push_back(video);
  for (int index = 1; index <= 2; ++index) {
    media::AudioStream audio;
    audio.index = index;
    audio.id = static_cast<std::uint32_t>(index + 1);
    audio.channels = 2;
    audio.sample_rate = 48'000;
    audio.duration_seconds = 60;
    source.audio.push_back(audio);
  }
  return source;
}

ShownSource Shown(std::vector<double> starts = {0, 4, 8}) {
  return {.tracks = {1, 2},
          .pictures = ShownSource::Pictures{
              .width = 640, .height = 360, .segment_starts = std::move(starts)}};
}

BesidePlan PlanOf(const media::Source& source, const ShownSource& shown) {
  return PlanBesideSource(PlanEncode(source).value(), source, shown);
}

TEST(PlanBesideSource, MakesNeitherTheRungNorTheSoundThatTheSourceServes) {
  const BesidePlan plan = PlanOf(TwoSounds(), Shown());
  ASSERT_THAT(plan.ladder.video->rungs, SizeIs(1));
  EXPECT_EQ(plan.ladder.video->rungs.front().id, "v240");
  EXPECT_THAT(plan.ladder.audio, IsEmpty());
  EXPECT_FALSE(plan.sound.video.has_value());
  ASSERT_THAT(plan.sound.audio, SizeIs(1));
  EXPECT_EQ(plan.sound.audio.front().stream_index, 2);
}

TEST(PlanBesideSource, TakesAnOddSizeForTheEvenOneBelowIt) {
  media::Source source = TwoSounds();
  source.video.front().width = 641;
  source.video.front().height = 359;
  ShownSource shown = Shown();
  shown.pictures->width = 641;
  shown.pictures->height = 359;
  EXPECT_THAT(PlanOf(source, shown).ladder.video->rungs, SizeIs(1));
}

TEST(PlanBesideSource, HasNoRungsBesideTheSmallest) {
  media::Source source = TwoSounds();
  source.video.front().width = 320;
  source.video.front().height = 180;
  ShownSource shown = Shown();
  shown.pictures->width = 320;
  shown.pictures->height = 180;
  EXPECT_THAT(PlanOf(source, shown).ladder.video->rungs, IsEmpty());
  EXPECT_EQ(PlanOf(source, shown).ladder.output_count(), 0U);
}

TEST(PlanBesideSource, CutsAtTheFramesOfTheGridThatTheSourcesSegmentsBeginWith) {
  const BesidePlan plan = PlanOf(TwoSounds({24'000, 1001}), Shown({0, 4.004, 9.9683, 14.0}));
  EXPECT_THAT(plan.ladder.video->cuts, ElementsAre(96, 239, 336));
  EXPECT_TRUE(plan.is_aligned);
}

TEST(PlanBesideSource, CutsRiseThoughASourceHasSeveralSegmentsInAFrame) {
  EXPECT_THAT(PlanOf(TwoSounds(), Shown({0, 0.01, 4, 4.01, 8})).ladder.video->cuts,
              ElementsAre(96, 192));
}

TEST(PlanBesideSource, BeginsWhereTheFileDoesAndShowsAPictureFromThere) {
  media::Source source = TwoSounds();
  source.video.front().start_seconds = 0.08;
  for (media::AudioStream& audio : source.audio) audio.start_seconds = 0.08;
  const BesidePlan plan = PlanOf(source, Shown({0.08, 4}));
  EXPECT_EQ(plan.ladder.start_seconds, 0);
  EXPECT_EQ(plan.sound.start_seconds, 0);
  EXPECT_TRUE(plan.ladder.video->pad_start);
  EXPECT_THAT(plan.ladder.video->cuts, ElementsAre(96));
}

TEST(PlanBesideSource, IsOnTheClockOfTheBoxesWhereFfmpegIsNot) {
  media::Source source = TwoSounds();
  source.video.front().start_seconds = 1.0 / 24;
  EXPECT_NEAR(PlanOf(source, Shown()).ladder.start_seconds, 1.0 / 24, 1e-9);
  EXPECT_FALSE(PlanOf(source, Shown()).ladder.video->pad_start);
}

TEST(PlanBesideSource, SaysSoWhenThereAreTooManySegmentsToAlign) {
  std::vector<double> starts(20'000);
  for (std::size_t i = 0; i < starts.size(); ++i) starts[i] = static_cast<double>(i);
  const BesidePlan plan = PlanOf(TwoSounds(), Shown(std::move(starts)));
  EXPECT_FALSE(plan.is_aligned);
  EXPECT_THAT(plan.ladder.video->cuts, IsEmpty());
}

TEST(PlanBesideSource, MakesAllSoundOfWhichNothingIsKnownToBeShown) {
  media::Source source = TwoSounds();
  for (media::AudioStream& audio : source.audio) audio.id = 0;
  EXPECT_THAT(PlanOf(source, Shown()).sound.audio, SizeIs(2));
}

}  // namespace
}  // namespace tritontube::planning
