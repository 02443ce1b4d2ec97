#include "domain/planning/frame_grid.h"

#include <gtest/gtest.h>

#include <limits>

namespace tritontube::planning {
namespace {

using media::Rational;
using media::VideoStream;

// A minute of pictures.
VideoStream StreamWithRate(Rational average, Rational nominal) {
  VideoStream stream;
  stream.average_frame_rate = average;
  stream.nominal_frame_rate = nominal;
  stream.duration_seconds = 60;
  return stream;
}

TEST(FrameGrid, SnapsToTheNearestUsualRate) {
  const struct {
    Rational average;
    Rational nominal;
    Rational expected;
  } rows[] = {
      {{25, 1}, {25, 1}, {25, 1}},
      {{30, 1}, {30, 1}, {30, 1}},
      {{30'000, 1001}, {30'000, 1001}, {30'000, 1001}},
      {{24'000, 1001}, {24'000, 1001}, {24'000, 1001}},
      {{2997, 100}, {2997, 100}, {30'000, 1001}},
      {{60'000, 1001}, {60'000, 1001}, {60'000, 1001}},
      {{48, 1}, {48, 1}, {48, 1}},
      // As real files have it.
      {{120'000'000, 4'998'611}, {24, 1}, {24, 1}},
      {{45'000, 1499}, {45'000, 1499}, {30, 1}},
      // Fast cameras: every second, third or fourth picture.
      {{240, 1}, {240, 1}, {60, 1}},
      {{120, 1}, {120, 1}, {60, 1}},
      {{120'000, 1001}, {120'000, 1001}, {60'000, 1001}},
      {{100, 1}, {100, 1}, {50, 1}},
      {{144, 1}, {144, 1}, {48, 1}},
      // Slow ones are kept, within reason.
      {{25, 2}, {25, 2}, {25, 2}},
      {{10, 1}, {10, 1}, {10, 1}},
      {{1, 1}, {1, 1}, {5, 1}},
      // Nothing usual: the next above.
      {{22, 1}, {22, 1}, {24'000, 1001}},
      {{40, 1}, {40, 1}, {48, 1}},
      // Variable rates: the nominal one, unless it is a common multiple.
      {{1125, 56}, {30, 1}, {30, 1}},
      {{3'628'800, 502'589}, {57'600, 1}, {30, 1}},
      {{45, 1}, {90'000, 1}, {60, 1}},
      // The nominal rate counts fields.
      {{25, 1}, {50, 1}, {25, 1}},
      // One of them says nothing, or both.
      {{0, 0}, {25, 1}, {25, 1}},
      {{25, 1}, {0, 0}, {25, 1}},
      {{0, 0}, {0, 0}, {30, 1}},
      {{-25, 1}, {25, -1}, {30, 1}},
      {{1, 0}, {0, 1}, {30, 1}},
      {{std::numeric_limits<std::int64_t>::max(), 1},
       {std::numeric_limits<std::int64_t>::max(), 1},
       {30, 1}},
      {{1, std::numeric_limits<std::int64_t>::max()},
       {1, std::numeric_limits<std::int64_t>::max()},
       {5, 1}},
      {{std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::min()},
       {std::numeric_limits<std::int64_t>::min(), -1},
       {30, 1}},
  };
  for (const auto& row : rows) {
    const Rational rate = GridRate(StreamWithRate(row.average, row.nominal));
    EXPECT_EQ(rate, row.expected) << row.average.numerator << "/" << row.average.denominator << " "
                                  << row.nominal.numerator << "/" << row.nominal.denominator
                                  << " -> " << rate.numerator << "/" << rate.denominator;
  }
}

TEST(FrameGrid, CountsPicturesWhenNoRateIsStated) {
  VideoStream stream = StreamWithRate({0, 0}, {0, 0});
  stream.frame_count = 1500;
  EXPECT_EQ(GridRate(stream), (Rational{25, 1}));
}

}  // namespace
}  // namespace tritontube::planning
