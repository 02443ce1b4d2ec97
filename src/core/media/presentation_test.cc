#include "core/media/presentation.h"

#include <gtest/gtest.h>

namespace tritontube::media {
namespace {

Rendition FourSecondsAndATenth() {
  Rendition rendition;
  rendition.timescale = 1000;
  rendition.segments = {{.start = 0, .duration = 4000, .size = 500'000},
                        {.start = 4000, .duration = 100, .size = 50'000}};
  return rendition;
}

TEST(Presentation, NamesAreFlatAndCountFromOne) {
  EXPECT_EQ(InitFileName("v720"), "v720-init.mp4");
  EXPECT_EQ(SegmentFileName("v720", 1), "v720-00001.m4s");
  EXPECT_EQ(SegmentFileName("v720", 123'456), "v720-123456.m4s");
  EXPECT_EQ(PlaylistFileName("a0"), "a0.m3u8");
}

TEST(Presentation, AverageBandwidthIsAllBytesOverAllTime) {
  EXPECT_DOUBLE_EQ(DurationSeconds(FourSecondsAndATenth()), 4.1);
  EXPECT_EQ(AverageBandwidth(FourSecondsAndATenth()), 1'073'171U);
}

TEST(Presentation, PeakBandwidthDoesNotCountAVeryShortLastSegment) {
  Rendition rendition = FourSecondsAndATenth();
  EXPECT_EQ(PeakBandwidth(rendition), AverageBandwidth(rendition));
  rendition.segments[1].duration = 1000;
  rendition.segments[1].size = 200'000;
  EXPECT_EQ(PeakBandwidth(rendition), 1'600'000U);
}

TEST(Presentation, NothingHasNoBandwidth) {
  EXPECT_EQ(PeakBandwidth(Rendition{}), 0U);
  EXPECT_EQ(DurationSeconds(Rendition{}), 0.0);
}

}  // namespace
}  // namespace tritontube::media
