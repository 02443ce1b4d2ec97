#include "domain/packaging/arrival.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "domain/packaging/packaging_fixture_test.h"

namespace tritontube::packaging {
namespace {

using bmff::ByteRange;

TEST(ArrivedRanges, JoinsWhatTouches) {
  ArrivedRanges arrived;
  arrived.Add({.offset = 10, .length = 10});
  arrived.Add({.offset = 30, .length = 10});
  arrived.Add({.offset = 5, .length = 0});
  EXPECT_EQ(arrived.ranges().size(), 2U);
  arrived.Add({.offset = 20, .length = 10});
  EXPECT_THAT(arrived.ranges(), testing::ElementsAre(ByteRange{.offset = 10, .length = 30}));
  arrived.Add({.offset = 15, .length = 5});
  arrived.Add({.offset = 0, .length = 100});
  EXPECT_THAT(arrived.ranges(), testing::ElementsAre(ByteRange{.offset = 0, .length = 100}));
}

TEST(ArrivedRanges, AgreesWithAListOfBytes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  ArrivedRanges arrived;
  std::vector<bool> bytes(300);
  for (int round = 0; round < 60; ++round) {
    const ByteRange range{.offset = random() % 280, .length = random() % 20};
    arrived.Add(range);
    for (ByteCount i = range.offset; i < range.end(); ++i) bytes[i] = true;
    for (ByteCount offset = 0; offset < 290; offset += 3) {
      const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
      EXPECT_EQ(arrived.Contains({.offset = offset, .length = 10}),
                std::find(first, first + 10, false) == first + 10);
    }
  }
}

TEST(CountComplete, CountsSegmentsFromTheFirstWhoseBytesAreAllThere) {
  const auto file = support::MakeMovieFile(UsualMovie());
  const SourcePlan plan = MustPlan(MustOpen(file.bytes));
  for (const SourcePlan::Track& track : plan.tracks()) {
    ArrivedRanges arrived;
    std::size_t known = 0;
    for (ByteCount offset = 0; offset < file.bytes.size(); offset += 500) {
      arrived.Add(
          {.offset = offset, .length = std::min<ByteCount>(500, file.bytes.size() - offset)});
      std::size_t expected = 0;
      while (expected < track.segments.size()) {
        const GatherList list = *SourcePlan::Segment(track, expected + 1);
        if (list.ranges.back().end() > offset + 500) break;
        ++expected;
      }
      known = CountComplete(track, arrived, known);
      EXPECT_EQ(known, expected);
      EXPECT_EQ(CountComplete(track, arrived), expected);
    }
    EXPECT_EQ(known, track.segments.size());
  }
}

TEST(CountComplete, DoesNotCountBehindAHole) {
  const auto file = support::MakeMovieFile(UsualMovie());
  const SourcePlan plan = MustPlan(MustOpen(file.bytes));
  const SourcePlan::Track& track = plan.tracks()[0];
  const ByteCount hole = SourcePlan::Segment(track, 2)->ranges.front().offset;
  ArrivedRanges arrived;
  arrived.Add({.offset = 0, .length = hole});
  arrived.Add({.offset = hole + 1, .length = file.bytes.size() - hole - 1});
  EXPECT_EQ(CountComplete(track, arrived), 1U);
}

// A file that begins with its moov can be planned when little of it is there.
TEST(Arrival, LetsAPlanBeMadeAsSoonAsTheMoovIsThere) {
  support::FakeMovie movie = UsualMovie(60);
  movie.moov_first = true;
  const std::string file = support::MakeMovieFile(movie).bytes;
  ArrivedRanges arrived;
  bmff::SourceScanner scanner(file.size());
  ByteCount uploaded = 0;
  while (const auto range = scanner.wanted()) {
    for (; !arrived.Contains(*range); uploaded += 1000) {
      arrived.Add({.offset = uploaded, .length = 1000});
    }
    ASSERT_TRUE(scanner.Feed(AsBytes(file.substr(range->offset, range->length))));
  }
  EXPECT_LT(uploaded, file.size() / 10);
}

}  // namespace
}  // namespace tritontube::packaging
