#include "domain/planning/chunks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "domain/planning/frame_grid.h"
#include "domain/planning/ladder.h"

namespace tritontube::planning {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr media::Rational kThirty{30, 1};

media::EncodePlan PlanOf(double width, double height, media::Rational rate, double seconds) {
  media::VideoPlan video;
  video.frame_rate = rate;
  video.frames_per_segment = FramesPerSegment(rate);
  video.frame_count = std::llround(seconds * rate.AsDouble());
  video.timescale = Timescale(rate);
  video.rungs = Ladder({.width = width, .height = height}, rate);
  media::EncodePlan plan;
  plan.duration_seconds = seconds;
  plan.video = std::move(video);
  return plan;
}

media::EncodePlan FullHd(double seconds, media::Rational rate = kThirty) {
  return PlanOf(1920, 1080, rate, seconds);
}

media::EncodePlan WithCuts(double seconds, std::vector<std::int64_t> cuts) {
  media::EncodePlan plan = FullHd(seconds);
  plan.video->cuts = std::move(cuts);
  return plan;
}

// What must hold of every division.
void ExpectCovered(const media::EncodePlan& plan, const std::vector<Chunk>& chunks) {
  ASSERT_GE(chunks.size(), 2U);
  ASSERT_LE(chunks.size(), kChunksMax);
  EXPECT_EQ(chunks.front().first_frame, 0);
  EXPECT_EQ(chunks.front().first_segment, 0U);
  EXPECT_EQ(chunks[1].first_segment, 1U);
  EXPECT_EQ(chunks.back().end_frame, 0);
  EXPECT_LT(chunks.back().first_frame, plan.video->frame_count);
  for (std::size_t i = 1; i < chunks.size(); ++i) {
    EXPECT_EQ(chunks[i].first_frame, chunks[i - 1].end_frame);
    EXPECT_GT(chunks[i].first_segment, chunks[i - 1].first_segment);
    const auto segment = static_cast<std::int64_t>(chunks[i].first_segment);
    const std::int64_t begin = plan.video->cuts.empty()
                                   ? segment * plan.video->frames_per_segment
                                   : plan.video->cuts.at(chunks[i].first_segment - 1);
    EXPECT_EQ(chunks[i].first_frame, begin) << i;
  }
}

// All qualities are shown out of the source.
TEST(PlanChunks, GivesNoneWithoutRungs) {
  media::EncodePlan plan = FullHd(600);
  plan.video->rungs.clear();
  EXPECT_THAT(PlanChunks(plan), IsEmpty());
}

TEST(PlanChunks, TheFirstIsOneSegmentAndTheLastTakesTheRest) {
  const std::vector<Chunk> chunks = PlanChunks(FullHd(30));
  EXPECT_THAT(chunks, ElementsAre(Chunk{.first_frame = 0, .end_frame = 120, .first_segment = 0},
                                  Chunk{.first_frame = 120, .end_frame = 360, .first_segment = 1},
                                  Chunk{.first_frame = 360, .end_frame = 600, .first_segment = 3},
                                  Chunk{.first_frame = 600, .end_frame = 0, .first_segment = 5}));
}

struct Size {
  std::string name;
  media::EncodePlan plan;
  double seconds = 0;  // Of the second chunk.
};

TEST(PlanChunks, AreAlikeInWork) {
  media::EncodePlan bright = PlanOf(1280, 720, kThirty, 600);
  bright.video->tone_map = true;
  const std::vector<Size> sizes = {
      {"1080p30", FullHd(600), 8},
      {"1080p60", FullHd(600, {60, 1}), 8},
      {"1080p25", FullHd(600, {25, 1}), 8},
      {"1080p24", FullHd(600, {24, 1}), 12},
      {"1080p23.976", FullHd(600, {24'000, 1001}), 12.012},
      {"1080p29.97", FullHd(600, {30'000, 1001}), 8.008},
      {"portrait", PlanOf(1080, 1920, kThirty, 600), 8},
      {"720p30", PlanOf(1280, 720, kThirty, 600), 16},
      {"720p30, bright", std::move(bright), 12},
      {"720p60", PlanOf(1280, 720, {60, 1}, 600), 8},
      {"480p30", PlanOf(854, 480, kThirty, 600), 32},
      {"240p30", PlanOf(426, 240, kThirty, 600), 32},
      {"16p5", PlanOf(16, 16, {5, 1}, 600), 32},
  };
  for (const auto& [name, plan, seconds] : sizes) {
    SCOPED_TRACE(name);
    const std::vector<Chunk> chunks = PlanChunks(plan);
    ExpectCovered(plan, chunks);
    const double rate = plan.video->frame_rate.AsDouble();
    EXPECT_NEAR(static_cast<double>(chunks[1].end_frame - chunks[1].first_frame) / rate, seconds,
                0.001);
    const auto last = static_cast<double>(plan.video->frame_count - chunks.back().first_frame);
    EXPECT_GE(last / rate, seconds / 2 - 2.5);
  }
}

TEST(PlanChunks, AShortRestBelongsToTheLast) {
  EXPECT_THAT(PlanChunks(FullHd(24)), SizeIs(4));
  EXPECT_THAT(PlanChunks(FullHd(23.9)), SizeIs(3));
  EXPECT_THAT(PlanChunks(FullHd(20.1)), SizeIs(3));
}

TEST(PlanChunks, WhatIsShortIsMadeInOneGo) {
  EXPECT_THAT(PlanChunks(FullHd(16)), SizeIs(3));
  EXPECT_THAT(PlanChunks(FullHd(15.9)), IsEmpty());
  EXPECT_THAT(PlanChunks(FullHd(0)), IsEmpty());
  EXPECT_THAT(PlanChunks(PlanOf(640, 360, kThirty, 60)), IsEmpty());
}

TEST(PlanChunks, WhatCannotBeDividedIsMadeInOneGo) {
  EXPECT_THAT(PlanChunks({}), IsEmpty());
  media::EncodePlan part = FullHd(60);
  part.video->first_frame = 120;
  EXPECT_THAT(PlanChunks(part), IsEmpty());
  part.video->first_frame = 0;
  part.video->end_frame = 1200;
  EXPECT_THAT(PlanChunks(part), IsEmpty());
  EXPECT_THAT(PlanChunks(WithCuts(60, {1790})), IsEmpty());
  EXPECT_THAT(PlanChunks(WithCuts(60, {5000})), IsEmpty());
}

TEST(PlanChunks, BeginWhereTheSegmentsOfAnotherRenditionDo) {
  const media::EncodePlan plan =
      WithCuts(40, {50, 100, 160, 230, 300, 301, 700, 710, 720, 900, 1000, 1150, 1300});
  const std::vector<Chunk> chunks = PlanChunks(plan);
  ExpectCovered(plan, chunks);
  // 50 + 240 is nearest to 300, 300 + 240 to 700, for at 301 it would be all but empty.
  EXPECT_THAT(chunks, ElementsAre(Chunk{.first_frame = 0, .end_frame = 50, .first_segment = 0},
                                  Chunk{.first_frame = 50, .end_frame = 300, .first_segment = 1},
                                  Chunk{.first_frame = 300, .end_frame = 700, .first_segment = 5},
                                  Chunk{.first_frame = 700, .end_frame = 900, .first_segment = 7},
                                  Chunk{.first_frame = 900, .end_frame = 0, .first_segment = 10}));
}

TEST(PlanChunks, CutsBehindTheLastFrameMakeNone) {
  std::vector<std::int64_t> cuts(40);
  for (std::size_t i = 0; i < cuts.size(); ++i) cuts[i] = static_cast<std::int64_t>(i + 1) * 60;
  const media::EncodePlan plan = WithCuts(40, cuts);
  const std::vector<Chunk> chunks = PlanChunks(plan);
  ExpectCovered(plan, chunks);
  EXPECT_EQ(chunks.back().first_frame, 1020);
}

TEST(PlanChunks, AreLargerWhereThereWouldBeTooMany) {
  for (const double hours : {9.0, 12.0, 100.0, 1e6}) {
    const media::EncodePlan plan = FullHd(hours * 3600);
    ExpectCovered(plan, PlanChunks(plan));
  }
  std::vector<std::int64_t> cuts(100'000);
  std::iota(cuts.begin(), cuts.end(), 1);
  for (std::int64_t& cut : cuts) cut *= 181;
  const media::EncodePlan plan = WithCuts(700'000, cuts);
  ExpectCovered(plan, PlanChunks(plan));
}

TEST(PlanChunks, BelieveNoNumber) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t frames : {kMost, kMost - 1, std::int64_t{1} << 40U, std::int64_t{-1}}) {
    media::EncodePlan plan = FullHd(60);
    plan.video->frame_count = frames;
    EXPECT_THAT(PlanChunks(plan), IsEmpty()) << frames;
    plan = FullHd(60);
    plan.video->frames_per_segment = frames;
    EXPECT_THAT(PlanChunks(plan), IsEmpty()) << frames;
  }
  media::EncodePlan plan = FullHd(60);
  plan.video->frame_count = (std::int64_t{1} << 40U) - 1;
  plan.video->frames_per_segment = 1;
  ExpectCovered(plan, PlanChunks(plan));
  plan.video->frame_rate = {kMost, 1};
  EXPECT_THAT(PlanChunks(plan), IsEmpty());
  plan.video->frame_rate = {0, 0};
  EXPECT_THAT(PlanChunks(plan), IsEmpty());
  plan = FullHd(60);
  for (media::VideoRung& rung : plan.video->rungs) {
    rung.width = rung.height = std::numeric_limits<int>::max();
  }
  ExpectCovered(plan, PlanChunks(plan));
  plan = WithCuts(60, {kMost - 1, kMost});
  EXPECT_THAT(PlanChunks(plan), IsEmpty());
}

TEST(ChunkPlan, IsThePicturesOfItsRangeAndNothingElse) {
  media::EncodePlan plan = FullHd(60);
  plan.audio.emplace_back();
  plan.subtitles.emplace_back();
  const media::EncodePlan part =
      ChunkPlan(plan, {.first_frame = 120, .end_frame = 360, .first_segment = 1});
  EXPECT_THAT(part.audio, IsEmpty());
  EXPECT_THAT(part.subtitles, IsEmpty());
  EXPECT_EQ(part.video->first_frame, 120);
  EXPECT_EQ(part.video->end_frame, 360);
  EXPECT_EQ(part.video->rungs, plan.video->rungs);
  EXPECT_EQ(part.video->frame_count, plan.video->frame_count);
}

}  // namespace
}  // namespace tritontube::planning
