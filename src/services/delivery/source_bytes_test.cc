#include "services/delivery/source_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tritontube::delivery {
namespace {

packaging::ArrivedRanges AllOf(ByteCount size) {
  packaging::ArrivedRanges arrived;
  arrived.Add({.offset = 0, .length = size});
  return arrived;
}

constexpr ByteCount kMebibyte = ByteCount{1} << 20U;

TEST(Stretches, TakeWhatLiesNearTogetherAtOnce) {
  const std::vector<bmff::ByteRange> ranges = {{.offset = 1000, .length = 10},
                                               {.offset = 50'000, .length = 20},
                                               {.offset = 500'000, .length = 30}};
  const auto stretches = StretchesOf(ranges, AllOf(kMebibyte));
  ASSERT_EQ(stretches.size(), 2U);
  EXPECT_EQ(stretches[0].range, (bmff::ByteRange{.offset = 1000, .length = 49'020}));
  ASSERT_EQ(stretches[0].wanted.size(), 2U);
  EXPECT_EQ(stretches[0].wanted[1].target, 10U);
  EXPECT_EQ(stretches[1].range, ranges[2]);
  EXPECT_EQ(stretches[1].wanted[0].target, 30U);
}

TEST(Stretches, AreOfABoundedSize) {
  const std::vector<bmff::ByteRange> ranges = {{.offset = 5, .length = 5 * kMebibyte + 1}};
  const auto stretches = StretchesOf(ranges, AllOf(8 * kMebibyte));
  ASSERT_EQ(stretches.size(), 6U);
  ByteCount at = 5;
  for (const Stretch& stretch : stretches) {
    EXPECT_LE(stretch.range.length, kStretchBytesMax);
    EXPECT_EQ(stretch.range.offset, at);
    EXPECT_EQ(stretch.wanted.front().target, at - 5);
    at = stretch.range.end();
  }
  EXPECT_EQ(at, ranges[0].end());
}

TEST(Stretches, DoNotReachOverBytesThatHaveNotArrived) {
  packaging::ArrivedRanges arrived;
  arrived.Add({.offset = 0, .length = 100});
  arrived.Add({.offset = 101, .length = 100});
  const std::vector<bmff::ByteRange> ranges = {{.offset = 50, .length = 50},
                                               {.offset = 101, .length = 50}};
  EXPECT_EQ(StretchesOf(ranges, arrived).size(), 2U);
}

TEST(Stretches, GoBackWhereTheFileDoes) {
  const std::vector<bmff::ByteRange> ranges = {{.offset = 500, .length = 50},
                                               {.offset = 100, .length = 50}};
  EXPECT_EQ(StretchesOf(ranges, AllOf(1000)).size(), 2U);
}

TEST(Arrived, AreThePartsAndThePieces) {
  ShownSource source{.upload = *UploadId::Parse("uplod-00001"), .size = 20 * kMebibyte};
  EXPECT_THAT(ArrivedOf(source).ranges(),
              testing::ElementsAre(bmff::ByteRange{.offset = 0, .length = 20 * kMebibyte}));
  source.arrival = sources::Arrival{.pieces_upload = *UploadId::Parse("uplod-00002"),
                                    .parts = {{.first = 0, .count = 1}, {.first = 2, .count = 1}},
                                    .pieces = {{.offset = 8 * kMebibyte, .length = 7}}};
  EXPECT_THAT(
      ArrivedOf(source).ranges(),
      testing::ElementsAre(bmff::ByteRange{.offset = 0, .length = 8 * kMebibyte + 7},
                           bmff::ByteRange{.offset = 16 * kMebibyte, .length = 4 * kMebibyte}));
}

}  // namespace
}  // namespace tritontube::delivery
