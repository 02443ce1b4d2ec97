#include "core/placement/shares.h"

#include <gmock/gmock.h>

namespace tritontube::placement {

namespace {

using testing::ElementsAre;
constexpr std::size_t kSlots = 1000;

TEST(SharesOf, FollowTheWeights) {
  EXPECT_THAT(SharesOf({{.weight = 1}, {.weight = 2}, {.weight = 5}}, 800, 1),
              ElementsAre(100, 200, 500));
}

TEST(SharesOf, PourWhatOneNodeCannotTakeOverTheOthers) {
  EXPECT_THAT(SharesOf({{.weight = 100}, {.weight = 3}, {.weight = 2}}, kSlots, 2),
              ElementsAre(1000, 600, 400));
}

TEST(SharesOf, GiveTheWeightlessNothing) {
  EXPECT_THAT(SharesOf({{.weight = 0, .today = 500}, {.weight = 1}}, kSlots, 1),
              ElementsAre(0, 1000));
}

TEST(SharesOf, KeepOneCopyOfEachSlotInAZoneWhenThereAreEnoughZones) {
  // The heavy zone could have 12/14 of all.
  EXPECT_THAT(
      SharesOf({{.weight = 6}, {.weight = 6}, {.weight = 1, .zone = 1}, {.weight = 1, .zone = 2}},
               kSlots, 2),
      ElementsAre(500, 500, 500, 500));
}

TEST(SharesOf, GiveEachOfFewZonesACopyOfEverySlot) {
  EXPECT_THAT(SharesOf({{.weight = 1},
                        {.weight = 8, .zone = 1},
                        {.weight = 8, .zone = 1},
                        {.weight = 8, .zone = 1}},
                       999, 3),
              ElementsAre(999, 666, 666, 666));
}

TEST(SharesOf, AreExactForTheLargestAndSmallestWeights) {
  const double huge = 1e19;
  EXPECT_THAT(SharesOf({{.weight = huge}, {.weight = huge}, {.weight = 1}}, kSlots, 2),
              ElementsAre(1000, 1000, 0));
}

TEST(RoundShares, RoundUpWhoHasMoreTodayAndThenWhoIsCutMost) {
  EXPECT_THAT(RoundShares({2.5, 2.3, 2.2}, 7, {0, 0, 0}), ElementsAre(3, 2, 2));
  EXPECT_THAT(RoundShares({2.5, 2.3, 2.2}, 7, {2, 2, 3}), ElementsAre(2, 2, 3));
}

TEST(RoundShares, KeepWholeNumbersAsTheyAre) {
  EXPECT_THAT(RoundShares({2.9999999999, 4.0000000001}, 7, {9, 9}), ElementsAre(3, 4));
}

}  // namespace

}  // namespace tritontube::placement
