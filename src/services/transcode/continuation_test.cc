#include "services/transcode/continuation.h"

#include <gtest/gtest.h>

namespace tritontube::transcode {
namespace {

media::VideoPlan PlanOfTwoRungs() {
  media::VideoPlan plan{
      .frame_rate = {30'000, 1001}, .frames_per_segment = 120, .timescale = 30'000, .rungs = {}};
  plan.rungs.resize(2);
  plan.rungs[0].id = "v720";
  plan.rungs[1].id = "v360";
  return plan;
}

media::Rendition Stored(std::string id, std::size_t segments) {
  media::Rendition rendition{.id = std::move(id),
                             .codecs = "avc1",
                             .frame_rate = {},
                             .language = {},
                             .label = {},
                             .timescale = 30'000,
                             .segments = {}};
  for (std::size_t i = 0; i < segments; ++i) {
    rendition.segments.push_back({.start = i * 120'120, .duration = 120'120, .size = 1});
  }
  return rendition;
}

TEST(Continuation, GoesOnBehindWhatEveryRungHasButForTheLastOfIt) {
  const Continuation goes_on =
      ContinuationOf(PlanOfTwoRungs(), {Stored("v720", 5), Stored("v360", 4), Stored("a0", 6)});
  EXPECT_EQ(goes_on.first_frame, 3 * 120);
  ASSERT_EQ(goes_on.pictures.size(), 2U);
  EXPECT_EQ(goes_on.pictures[0].id, "v720");
  EXPECT_EQ(goes_on.pictures[0].segments.size(), 3U);
  EXPECT_EQ(goes_on.pictures[1].segments.size(), 3U);
}

TEST(Continuation, DoesNotGoOnBehindASegmentThatWasBrokenOff) {
  media::Rendition broken = Stored("v360", 6);
  broken.segments[3].duration -= 1001;
  const Continuation goes_on = ContinuationOf(PlanOfTwoRungs(), {Stored("v720", 6), broken});
  EXPECT_EQ(goes_on.first_frame, 2 * 120);
}

TEST(Continuation, BeginsAnewWhereThereIsNotEnough) {
  const std::vector<std::vector<media::Rendition>> too_little = {
      {}, {Stored("v720", 9)}, {Stored("v720", 9), Stored("v360", 1)}};
  for (const auto& stored : too_little) {
    const Continuation goes_on = ContinuationOf(PlanOfTwoRungs(), stored);
    EXPECT_EQ(goes_on.first_frame, 0);
    EXPECT_TRUE(goes_on.pictures.empty());
  }
}

TEST(Continuation, BeginsAnewWhenThePlanIsAnother) {
  media::VideoPlan plan = PlanOfTwoRungs();
  plan.frames_per_segment = 119;
  EXPECT_EQ(ContinuationOf(plan, {Stored("v720", 5), Stored("v360", 5)}).first_frame, 0);
  plan = PlanOfTwoRungs();
  plan.timescale = 60'000;
  EXPECT_EQ(ContinuationOf(plan, {Stored("v720", 5), Stored("v360", 5)}).first_frame, 0);
}

}  // namespace
}  // namespace tritontube::transcode
