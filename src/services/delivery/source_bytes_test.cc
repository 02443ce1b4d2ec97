#include "services/delivery/source_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/platform.h"

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
  EXPECT_THAT(stretches[0].wanted, testing::ElementsAre(ranges[0], ranges[1]));
  EXPECT_EQ(stretches[1].range, ranges[2]);
  EXPECT_THAT(stretches[1].wanted, testing::ElementsAre(ranges[2]));
}

TEST(Stretches, AreOfABoundedSize) {
  const std::vector<bmff::ByteRange> ranges = {{.offset = 5, .length = 5 * kMebibyte + 1}};
  const auto stretches = StretchesOf(ranges, AllOf(8 * kMebibyte));
  ASSERT_EQ(stretches.size(), 6U);
  ByteCount at = 5;
  for (const Stretch& stretch : stretches) {
    EXPECT_LE(stretch.range.length, kStretchBytesMax);
    EXPECT_EQ(stretch.range.offset, at);
    EXPECT_THAT(stretch.wanted, testing::ElementsAre(stretch.range));
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

using GatherTest = support::Platform;

// What is kept holds nothing in memory beside itself; what is small is not sent
// by itself.
TEST_F(GatherTest, CopiesWhatIsToBeKeptAndWhatIsSmall) {
  std::string file;
  while (file.size() < 300'000) file += fmt::format("{} ", file.size());
  const VideoId id = VideoId::Generate(random_);
  const ShownSource source{.upload = UploadId::Generate(random_), .size = file.size()};
  std::vector<blob::Blob> parts;
  parts.push_back(
      {.key = {id, source.upload, sources::PartFileName(0)}, .bytes = blob::Bytes(file)});
  ASSERT_TRUE(Value(store_.Put(std::move(parts), Deadline::Never())).has_value());
  const auto span_count = [&](const packaging::GatherList& list, Form form) {
    const auto bytes = Value(Gather(store_, id, source, list, form, Deadline::Never()));
    std::string expected = list.head;
    for (const auto& range : list.ranges) expected += file.substr(range.offset, range.length);
    EXPECT_TRUE(bytes->Flatten() == expected);
    return bytes->spans().size();
  };
  const packaging::GatherList large{.head = "head", .ranges = {{.offset = 7, .length = 200'000}}};
  EXPECT_EQ(span_count(large, Form::kOnePiece), 1U);
  EXPECT_EQ(span_count(large, Form::kAsRead), 2U);
  packaging::GatherList small{.head = "head", .ranges = {}};
  for (ByteCount i = 0; i < 10; ++i) small.ranges.push_back({.offset = i * 20'000, .length = 500});
  EXPECT_EQ(span_count(small, Form::kAsRead), 1U);
}

}  // namespace
}  // namespace tritontube::delivery
