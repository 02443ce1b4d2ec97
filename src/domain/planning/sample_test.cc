#include "domain/planning/sample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tritontube::planning {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kTicksPerFrame = 1001;

media::EncodePlan TwoRungs() {
  media::EncodePlan plan;
  plan.video = media::VideoPlan{.frame_rate = {30'000, 1001},
                                .frames_per_segment = 120,
                                .timescale = 30'000,
                                .rungs = {{.id = "v720", .width = 1280, .height = 720},
                                          {.id = "v360", .width = 640, .height = 360}}};
  plan.audio.emplace_back();
  plan.subtitles.emplace_back();
  return plan;
}

// What the plan makes, in segments of so many frames.
media::Presentation Made(const media::EncodePlan& plan, const std::vector<std::uint64_t>& frames) {
  media::Presentation presentation;
  for (const media::VideoRung& rung : plan.video->rungs) {
    media::Rendition rendition{.id = rung.id,
                               .codecs = {},
                               .width = rung.width,
                               .height = rung.height,
                               .frame_rate = plan.video->frame_rate,
                               .language = {},
                               .label = {},
                               .timescale = plan.video->timescale,
                               .segments = {}};
    std::uint64_t start = 0;
    for (const std::uint64_t count : frames) {
      const std::uint64_t duration = count * kTicksPerFrame;
      rendition.segments.push_back({.start = start, .duration = duration, .size = 1});
      start += duration;
    }
    presentation.renditions.push_back(std::move(rendition));
  }
  presentation.renditions.emplace_back().kind = media::Kind::kAudio;
  return presentation;
}

std::optional<Sample> SampleOf(const std::vector<std::uint64_t>& frames) {
  return PlanSample(TwoRungs(), Made(TwoRungs(), frames));
}

TEST(PlanSample, TakesWholeSegmentsFromTheMiddleForFourSeconds) {
  const auto sample = SampleOf({120, 120, 120, 120, 120, 120, 120, 40});
  ASSERT_TRUE(sample.has_value());
  EXPECT_THAT(sample->segments, ElementsAre(3));
  EXPECT_EQ(sample->plan.video->first_frame, 360);
  EXPECT_EQ(sample->plan.video->end_frame, 480);

  const auto of_short_segments = SampleOf({60, 60, 60, 60, 60, 60, 60, 60, 60, 60});
  ASSERT_TRUE(of_short_segments.has_value());
  EXPECT_THAT(of_short_segments->segments, ElementsAre(5, 6));
  EXPECT_EQ(of_short_segments->plan.video->first_frame, 300);
  EXPECT_EQ(of_short_segments->plan.video->end_frame, 420);
}

TEST(PlanSample, IsAllOfAShortVideoAndEndsWhereItDoes) {
  const auto sample = SampleOf({25});
  ASSERT_TRUE(sample.has_value());
  EXPECT_THAT(sample->segments, ElementsAre(0));
  EXPECT_EQ(sample->plan.video->first_frame, 0);
  EXPECT_EQ(sample->plan.video->end_frame, 25);
}

TEST(PlanSample, TakesTheFirstFourSecondsOfALongSegment) {
  const auto sample = SampleOf({10, 900, 10});
  ASSERT_TRUE(sample.has_value());
  EXPECT_THAT(sample->segments, ElementsAre(1));
  EXPECT_EQ(sample->plan.video->first_frame, 10);
  EXPECT_EQ(sample->plan.video->end_frame, 130);
}

TEST(PlanSample, MakesPicturesOfEveryRungAndNothingElse) {
  const auto sample = SampleOf({120});
  ASSERT_TRUE(sample.has_value());
  EXPECT_EQ(sample->plan.video->rungs, TwoRungs().video->rungs);
  EXPECT_TRUE(sample->plan.audio.empty());
  EXPECT_TRUE(sample->plan.subtitles.empty());
}

TEST(PlanSample, IsNoneWhereNothingWasMadeOrSomethingElse) {
  const media::EncodePlan plan = TwoRungs();
  EXPECT_EQ(PlanSample({}, Made(plan, {120})), std::nullopt) << "sound alone";
  EXPECT_EQ(PlanSample(plan, Made(plan, {})), std::nullopt) << "no segments";
  EXPECT_EQ(PlanSample(plan, {}), std::nullopt) << "no renditions";
  media::EncodePlan other = plan;
  other.video->frame_rate = {25, 1};
  EXPECT_EQ(PlanSample(other, Made(plan, {120})), std::nullopt) << "another grid";
  other = plan;
  other.video->rungs.back().width = 426;
  EXPECT_EQ(PlanSample(other, Made(plan, {120})), std::nullopt) << "another size";
  other = plan;
  other.video->rungs.clear();
  EXPECT_EQ(PlanSample(other, Made(plan, {120})), std::nullopt) << "no rungs";
  media::Presentation apart = Made(plan, {120, 120});
  apart.renditions[1].segments.pop_back();
  EXPECT_EQ(PlanSample(plan, apart), std::nullopt) << "rungs of different lengths";
}

}  // namespace
}  // namespace tritontube::planning
