#include "domain/timed_text/storyboard.h"

#include <gtest/gtest.h>

namespace tritontube::timed_text {
namespace {

media::Presentation Video(std::size_t segments, int width = 640, int height = 360) {
  media::Presentation presentation;
  for (const int scale : {2, 1}) {
    media::Rendition rung{.id = scale == 1 ? "v360" : "v720",
                          .codecs = {},
                          .width = width * scale,
                          .height = height * scale,
                          .frame_rate = {},
                          .language = {},
                          .label = {},
                          .timescale = 1000,
                          .segments = {}};
    for (std::size_t i = 0; i < segments; ++i) {
      rung.segments.push_back({.start = i * 4000, .duration = 4000, .size = 1});
    }
    presentation.renditions.push_back(rung);
  }
  return presentation;
}

TEST(PlanStoryboard, TakesTheSmallestRungAndATileEachSecondOfAShortVideo) {
  const auto plan = PlanStoryboard(Video(6));
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->rendition, "v360");
  EXPECT_EQ(plan->interval_seconds, 1);
  EXPECT_EQ(plan->tile_starts.size(), 24U);
  EXPECT_EQ(plan->tile_width, 160);
  EXPECT_EQ(plan->tile_height, 90);
}

TEST(PlanStoryboard, KeepsPortraitsAndPanoramasInTheirProportions) {
  const auto portrait = PlanStoryboard(Video(1, 360, 640));
  EXPECT_EQ(portrait->tile_width, 90);
  EXPECT_EQ(portrait->tile_height, 160);
  EXPECT_EQ(PlanStoryboard(Video(1, 4000, 16))->tile_height, 16);
}

TEST(PlanStoryboard, TakesFirstPicturesOfSegmentsWhenTheVideoIsLong) {
  const auto plan = PlanStoryboard(Video(150));
  EXPECT_EQ(plan->interval_seconds, 0);
  EXPECT_EQ(plan->segment_step, 1U);
  ASSERT_EQ(plan->tile_starts.size(), 150U);
  EXPECT_EQ(plan->tile_starts[1], 4);
}

TEST(PlanStoryboard, NeverHasMoreThanTenSheets) {
  for (const std::size_t segments : {1000UZ, 1001UZ, 10'800UZ}) {
    const auto plan = PlanStoryboard(Video(segments));
    EXPECT_LE(plan->tile_starts.size(), 1000U) << segments;
    EXPECT_GE(plan->tile_starts.size(), 500U) << segments;
  }
}

TEST(PlanStoryboard, HasATileOfTheShortestVideoAndNoneOfSound) {
  media::Presentation blink = Video(1);
  for (media::Rendition& rung : blink.renditions) rung.segments[0].duration = 40;
  EXPECT_EQ(PlanStoryboard(blink)->tile_starts.size(), 1U);
  media::Presentation sound = Video(1);
  for (media::Rendition& track : sound.renditions) track.kind = media::Kind::kAudio;
  EXPECT_EQ(PlanStoryboard(sound), std::nullopt);
}

TEST(WriteStoryboard, NamesEveryTileOnItsSheet) {
  const std::string text = WriteStoryboard(*PlanStoryboard(Video(150)));
  EXPECT_TRUE(text.starts_with(
      "WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nstoryboard-001.jpg#xywh=0,0,160,90\n"))
      << text.substr(0, 200);
  EXPECT_TRUE(
      text.contains("\n00:00:48.000 --> 00:00:52.000\n"
                    "storyboard-001.jpg#xywh=320,90,160,90\n"));
  EXPECT_TRUE(
      text.ends_with("\n00:09:56.000 --> 00:10:00.000\n"
                     "storyboard-002.jpg#xywh=1440,360,160,90\n"));
}

}  // namespace
}  // namespace tritontube::timed_text
