#include "domain/scrubbing/scrub_pace.h"

#include <gtest/gtest.h>

namespace tritontube::scrubbing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr ByteCount kPiece = ByteCount{4} << 20U;
const ScrubOptions kOptions{.period = hours(100), .idle_bytes_per_second = ByteCount{32} << 20U};

PassProgress Half(ByteCount total) {
  return {.started = WallTime(hours(1000)), .total_bytes = total, .checked_bytes = total / 2};
}

TEST(ScrubPace, ReadsAtItsOwnSpeedWhileNobodyElseDoes) {
  EXPECT_EQ(RestAfter(kPiece, Half(1U << 30U), false, WallTime(hours(1000)), kOptions),
            milliseconds(125));
}

TEST(ScrubPace, ReadsNoFasterThanItMustWhileOthersUseTheStore) {
  // 180 GiB in 50 hours is 1 MiB a second.
  const ByteCount total = ByteCount{360'000} << 20U;
  EXPECT_EQ(RestAfter(kPiece, Half(total), true, WallTime(hours(1050)), kOptions), seconds(4));
}

TEST(ScrubPace, HurriesWhenThePeriodIsNearlyOverWhoeverIsInTheWay) {
  const ByteCount total = ByteCount{360'000} << 20U;
  EXPECT_LT(RestAfter(kPiece, Half(total), true, WallTime(hours(2000)), kOptions),
            milliseconds(100));
}

TEST(ScrubPace, NeverRestsForLong) {
  EXPECT_EQ(RestAfter(kPiece, Half(1000), true, WallTime(hours(1000)), kOptions), seconds(10));
  EXPECT_EQ(RestAfter(kPiece, {}, true, WallTime(hours(1000)), kOptions), seconds(10));
}

TEST(ScrubPace, DoesNotRestForWhatItDidNotRead) {
  EXPECT_EQ(RestAfter(0, Half(1U << 30U), true, WallTime(hours(1000)), kOptions), seconds(0));
}

}  // namespace
}  // namespace tritontube::scrubbing
