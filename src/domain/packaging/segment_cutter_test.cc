#include "domain/packaging/segment_cutter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/packaging/packaging_fixture_test.h"
#include "support/fragmented_mp4.h"

namespace tritontube::packaging {
namespace {

using support::FakeSample;

// How long each segment is, in seconds, of pictures at 24 per second with key
// frames at these numbers.
std::vector<double> Cut(std::size_t count, const std::vector<std::size_t>& key_frames) {
  std::vector<FakeSample> pictures(count, {.sync = false});
  for (const std::size_t number : key_frames) pictures[number].sync = true;
  const auto source = MustOpen(support::MakeMovieFile({.tracks = {{.samples = pictures}}}).bytes);
  const auto segments = CutSegments(source->candidates()[0].track->samples, 12'288);
  EXPECT_TRUE(segments);
  std::vector<double> seconds;
  std::uint32_t sample = 0;
  for (const PlannedSegment& segment : *segments) {
    EXPECT_EQ(segment.first.sample, sample);
    EXPECT_EQ(segment.decode_time(), sample * 512U);
    sample += segment.sample_count;
    seconds.push_back(static_cast<double>(segment.duration) / 12'288);
  }
  EXPECT_EQ(sample, count);
  return seconds;
}

std::vector<std::size_t> Every(std::size_t interval, std::size_t count) {
  std::vector<std::size_t> numbers;
  for (std::size_t number = 0; number < count; number += interval) numbers.push_back(number);
  return numbers;
}

TEST(SegmentCutter, CutsEveryFourSecondsWhereKeyFramesAllowIt) {
  EXPECT_THAT(Cut(240, Every(24, 240)), testing::ElementsAre(4, 4, 2));
  EXPECT_THAT(Cut(288, Every(48, 288)), testing::ElementsAre(4, 4, 4));
}

TEST(SegmentCutter, TakesTheNearerOfTwoKeyFrames) {
  // At 3.75 and 7.5 s: the first is nearer. At 2.5 and 5 s: the second.
  EXPECT_THAT(Cut(270, Every(90, 270)), testing::ElementsAre(3.75, 3.75, 3.75));
  EXPECT_THAT(Cut(240, Every(60, 240)), testing::ElementsAre(5, 5));
  // At 3 and 5 s both are as near: the later one, which makes fewer segments.
  EXPECT_THAT(Cut(240, {0, 72, 120}), testing::ElementsAre(5, 5));
}

TEST(SegmentCutter, LooksAgainAtAKeyFrameBehindACutThatCameBeforeIt) {
  // The one at 3.9 s is nearer than that at 12 s; seen from it, 12 s is 8.1 s on.
  EXPECT_THAT(Cut(336, {0, 94, 288}), testing::ElementsAre(94.0 / 24, 194.0 / 24, 2));
}

TEST(SegmentCutter, MakesOneSegmentOfWhatHasOneKeyFrame) {
  EXPECT_THAT(Cut(216, {0}), testing::ElementsAre(9));
  EXPECT_THAT(Cut(1, {0}), testing::ElementsAre(1.0 / 24));
}

TEST(SegmentCutter, RefusesMoreSegmentsThanAnyFilmHas) {
  const std::vector<FakeSample> pictures(100'001, {.size = 1, .duration = 5});
  const auto source = MustOpen(support::MakeMovieFile({.tracks = {{.samples = pictures}}}).bytes);
  const auto& samples = source->candidates()[0].track->samples;
  EXPECT_TRUE(CutSegments(samples, 10));
  EXPECT_FALSE(CutSegments(samples, 1));
}

TEST(SegmentCutter, RefusesSegmentsOfMoreThanAGibibyte) {
  const std::vector<FakeSample> pictures(30, {.size = 1});
  const auto file = support::MakeMovieFile({.tracks = {{.samples = pictures}}});
  // All samples of one size: 40 MiB each, in a file that claims to be as long.
  std::string bytes = file.bytes;
  const std::string count = support::BigEndian(1, 4) + support::BigEndian(30, 4);
  bytes.replace(bytes.find(count, bytes.find("stsz")), 4, support::BigEndian(40 << 20U, 4));
  const auto source = MustOpen(bytes, ByteCount{4} << 30U);
  EXPECT_FALSE(CutSegments(source->candidates()[0].track->samples, 12'288));
}

}  // namespace
}  // namespace tritontube::packaging
