#include "core/placement/copies.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "core/placement/nodes_fixture_test.h"

namespace tritontube::placement {

namespace {

using testing::Each;
using testing::ElementsAre;

bool Contains(std::span<const SlotTable::NodeIndex> row, SlotTable::NodeIndex node) {
  return std::ranges::find(row, node) != row.end();
}

TEST(CopiesTest, OneNodeBecomesTwoWithACopyOfEverySlotOnEach) {
  const auto before = Balance({Node(1)}, 1);
  const auto after = AddCopy({Node(1), Node(2)}, *before);
  ASSERT_TRUE(after) << after.error().message();
  EXPECT_EQ(after->copies(), 2);
  EXPECT_THAT(CountsOf(*after, 2), ElementsAre(4096, 4096));
}

TEST(CopiesTest, NothingThatIsThereMovesWhenACopyIsAdded) {
  const std::vector<WeightedNode> two = {Node(1), Node(2)};
  std::vector<WeightedNode> five = two;
  for (int i = 3; i <= 5; ++i) five.push_back(Node(i));
  const auto before = Balance(two, 2);
  const auto after = AddCopy(five, *before);
  ASSERT_TRUE(after) << after.error().message();
  for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
    for (const auto node : before->replicas(static_cast<Slot>(slot))) {
      EXPECT_TRUE(Contains(after->replicas(static_cast<Slot>(slot)), node));
    }
  }
  EXPECT_THAT(CountsOf(*after, 5), ElementsAre(4096, 4096, 1366, 1365, 1365));
}

TEST(CopiesTest, ACopyIsAddedInAZoneOfItsOwn) {
  const std::vector<WeightedNode> nodes = {Node(1, "a"), Node(2, "a"), Node(3, "b")};
  const auto before = Balance({nodes[0], nodes[1]}, 1);
  const auto after = AddCopy(nodes, *before);
  ASSERT_TRUE(after) << after.error().message();
  for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
    EXPECT_TRUE(Contains(after->replicas(static_cast<Slot>(slot)), 2));
  }
}

TEST(CopiesTest, NoCopyIsAddedWhereEveryNodeHasOne) {
  const auto before = Balance({Node(1), Node(2)}, 2);
  const auto after = AddCopy({Node(1), Node(2), Node(3, "", 0)}, *before);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code(), ErrorCode::kInvalidArgument);
}

TEST(CopiesTest, WhoLeavesLosesItsCopiesFirst) {
  const auto before = Balance({Node(1), Node(2), Node(3)}, 3);
  const SlotTable after = DropCopy({Node(1), Node(2, "", 0), Node(3)}, *before);
  EXPECT_EQ(after.copies(), 2);
  EXPECT_THAT(CountsOf(after, 3), ElementsAre(4096, 0, 4096));
}

TEST(CopiesTest, WithoutAnybodyLeavingTheCopiesThatAreTooManyGo) {
  const std::vector<WeightedNode> nodes = {Node(1), Node(2), Node(3), Node(4)};
  const auto before = Balance(nodes, 3);
  EXPECT_THAT(CountsOf(DropCopy(nodes, *before), 4),
              Each(testing::AllOf(testing::Ge(1900U), testing::Le(2200U))));
}

TEST(CopiesTest, ZonesStayApartWhenACopyGoes) {
  const std::vector<WeightedNode> nodes = {Node(1, "a"), Node(2, "a"), Node(3, "b")};
  const auto before = Balance(nodes, 3);
  const SlotTable after = DropCopy(nodes, *before);
  for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
    EXPECT_TRUE(Contains(after.replicas(static_cast<Slot>(slot)), 2));
  }
}

TEST(CopiesTest, TheOrderOfTheNodesDoesNotMatter) {
  const auto before = Balance({Node(1), Node(2)}, 1);
  const auto one = AddCopy({Node(1), Node(2), Node(3), Node(4)}, *before);
  const auto other = AddCopy({Node(1), Node(2), Node(4), Node(3)}, *before);
  ASSERT_TRUE(one && other);
  const auto exchanged = [](SlotTable::NodeIndex node) -> SlotTable::NodeIndex {
    return node < 2 ? node : node == 2 ? 3 : 2;
  };
  std::vector<SlotTable::NodeIndex> rows;
  for (const auto node : other->rows()) rows.push_back(exchanged(node));
  EXPECT_EQ(one->rows(), rows);
}

}  // namespace

}  // namespace tritontube::placement
