#include "core/placement/slot_table.h"

#include <gmock/gmock.h>

namespace tritontube::placement {

namespace {

blob::BlobKey Key(std::string file) {
  return {.video = *VideoId::Parse("video-00001"),
          .upload = *UploadId::Parse("uplod-00001"),
          .file = std::move(file)};
}

// Where bytes are depends on it: it may never change.
TEST(SlotOf, IsTheFirstTwelveBitsOfTheHashOfTheName) {
  EXPECT_EQ(SlotOf(Key("presentation.json")), 2771);
  EXPECT_EQ(SlotOf(Key("v720-00001.m4s")), 1957);
  EXPECT_EQ(SlotOf(Key("v720-00002.m4s")), 1696);
}

TEST(SlotOf, SpreadsKeysEvenly) {
  std::vector<int> keys_of(kSlotCount);
  for (int i = 0; i < 100 * static_cast<int>(kSlotCount); ++i) {
    ++keys_of[SlotOf(Key(fmt::format("v720-{:06}.m4s", i)))];
  }
  // Six standard deviations of 10 around the mean.
  EXPECT_THAT(keys_of, testing::Each(testing::AllOf(testing::Gt(40), testing::Lt(160))));
}

TEST(Replication, GrowsWithTheClusterUpToThreeCopies) {
  EXPECT_EQ(ReplicationFor(1), (Replication{.copies = 1, .acks = 1}));
  EXPECT_EQ(ReplicationFor(2), (Replication{.copies = 2, .acks = 2}));
  EXPECT_EQ(ReplicationFor(3), (Replication{.copies = 3, .acks = 2}));
  EXPECT_EQ(ReplicationFor(1000), (Replication{.copies = 3, .acks = 2}));
}

TEST(Replication, BelievesAMissOnlyFromSoManyThatEveryPutAndFenceMetOneOfThem) {
  EXPECT_EQ(ReplicationFor(1).misses(), 1);
  EXPECT_EQ(ReplicationFor(2).misses(), 2);
  EXPECT_EQ(ReplicationFor(3).misses(), 2);
}

std::vector<SlotTable::NodeIndex> Rows(std::vector<SlotTable::NodeIndex> row) {
  std::vector<SlotTable::NodeIndex> rows;
  for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
    rows.insert(rows.end(), row.begin(), row.end());
  }
  return rows;
}

TEST(SlotTable, GivesTheNodesOfASlotInTheirOrder) {
  std::vector<SlotTable::NodeIndex> rows = Rows({2, 0});
  rows[rows.size() - 2] = 7;
  const SlotTable table(2, rows);
  EXPECT_THAT(table.replicas(0), testing::ElementsAre(2, 0));
  EXPECT_THAT(table.replicas(kSlotCount - 1), testing::ElementsAre(7, 0));
}

TEST(SlotTableDeathTest, RefusesRowsThatAreMissingOrNameANodeTwice) {
  EXPECT_DEATH(SlotTable(2, {0, 1}), "2 places for 2 copies");
  EXPECT_DEATH(SlotTable(2, Rows({1, 1})), "slot 0 names a node twice");
}

}  // namespace

}  // namespace tritontube::placement
