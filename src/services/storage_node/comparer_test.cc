#include "services/storage_node/comparer.h"

#include <gtest/gtest.h>

#include "services/storage_node/several_nodes_test.h"

namespace tritontube::storage_node {
namespace {

using std::chrono_literals::operator""s;
using support::Must;

class Comparing : public Running<Comparer> {
 public:
  Comparing(SeveralNodes& nodes, std::size_t i, const Clock& clock)
      : Running(nodes, nodes.node(i), nodes, clock,
                ComparerOptions{.period = 60s, .retry_after = 1s, .fetch = {.page_items = 7}}) {}
};

class ComparerTest : public testing::Test {
 protected:
  static constexpr int kBlobs = 60;
  static constexpr std::size_t kAll = kBlobs;

  void StoreOn(std::initializer_list<std::size_t> nodes) {
    for (int blob = 0; blob < kBlobs; ++blob) {
      for (const std::size_t i : nodes) nodes_.Store(i, blob);
    }
  }
  replication::Upkeep UpkeepOf(std::size_t i) {
    return Must(nodes_.Run(nodes_.node(i).Status(SeveralNodes::Soon()))).upkeep;
  }
  std::size_t WalksOf(std::size_t i) {
    return nodes_.peer(i).store.call_count(support::MemoryBlobStore::Operation::kScan);
  }
  // Somebody asks what it has.
  void WalkOn(std::size_t i) {
    Must(nodes_.Run(nodes_.node(i).OwnDigests(nodes_.topology().epoch, SeveralNodes::Soon())));
  }
  void Ask(std::size_t i) { Must(nodes_.node(i).AskForUpkeep(nodes_.TargetOf(i))); }

  SystemClock clock_;
  SeveralNodes nodes_{3, 4};
};

TEST_F(ComparerTest, ANodeThatWasAwayCatchesUpWithWhatAnyOfTheOthersHas) {
  for (int blob = 0; blob < kBlobs; ++blob) nodes_.Store(static_cast<std::size_t>(blob % 2), blob);
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  EXPECT_EQ(nodes_.CountOn(2, kBlobs), kAll);
  const replication::Upkeep upkeep = UpkeepOf(2);
  EXPECT_EQ(upkeep.caught_up.files, kAll);
  EXPECT_GT(upkeep.differing_slots, 0U);
  EXPECT_TRUE(upkeep.compared.has_value());
}

TEST_F(ComparerTest, WhereNothingDiffersNothingIsListedOrFetched) {
  StoreOn({0, 1, 2});
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  EXPECT_EQ(nodes_.digests(), 2U);
  EXPECT_EQ(nodes_.scans(), 0U);
  EXPECT_EQ(nodes_.gets(), 0U);
  EXPECT_EQ(UpkeepOf(2).differing_slots, 0U);
}

TEST_F(ComparerTest, WhatIsMissedLaterIsFoundInTheNextPeriodOrWhenSomebodyAsks) {
  StoreOn({0, 1, 2});
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  nodes_.Store(0, kBlobs);
  nodes_.time().Pass(50s);
  EXPECT_FALSE(nodes_.Has(2, kBlobs));
  nodes_.time().Pass(10s);
  EXPECT_TRUE(nodes_.Has(2, kBlobs));
  nodes_.Store(1, kBlobs + 1);
  Ask(2);
  nodes_.time().Pass(1s);
  EXPECT_TRUE(nodes_.Has(2, kBlobs + 1));
}

TEST_F(ComparerTest, WhatCouldNotBeListedIsComparedSoonAndNotTakenForCompared) {
  StoreOn({0, 1});
  nodes_.peer(2).store.FailNext(support::MemoryBlobStore::Operation::kScan,
                                Error(ErrorCode::kResourceExhausted, "too many wait"), 2);
  const Comparing comparing(nodes_, 2, clock_);
  Ask(2);
  nodes_.time().Pass(1s);
  EXPECT_EQ(UpkeepOf(2).compared_for, 0U);
  nodes_.time().Pass(5s);
  EXPECT_EQ(UpkeepOf(2).compared_for, 1U);
  EXPECT_EQ(nodes_.CountOn(2, kBlobs), std::size_t{kBlobs});
}

TEST_F(ComparerTest, InOnePeriodOneWalkOfANodeServesItselfAndEverybodyWhoAsks) {
  StoreOn({0, 1, 2});
  const Comparing first(nodes_, 0, clock_);
  const Comparing second(nodes_, 1, clock_);
  const Comparing third(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  const std::size_t before = WalksOf(0);
  nodes_.time().Pass(60s);
  EXPECT_EQ(WalksOf(0), before + 1);
  EXPECT_EQ(nodes_.digests(), 12U) << "each asks both others, twice";
}

TEST_F(ComparerTest, WhatWasPutSinceAnOldAnswerIsNoDifference) {
  StoreOn({0, 1, 2});
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(40s);
  WalkOn(0);
  for (const std::size_t i : {0U, 1U, 2U}) nodes_.Store(i, kBlobs);
  nodes_.time().Pass(25s);
  EXPECT_EQ(nodes_.digests(), 5U) << "node 0 was asked again";
  EXPECT_EQ(nodes_.scans(), 0U);
}

TEST_F(ComparerTest, WhatAnOldAnswerDoesNotTellIsFoundInTheNextPeriodAndAtOnceByWhoIsAsked) {
  StoreOn({0, 1, 2});
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(40s);
  WalkOn(0);
  nodes_.Store(0, kBlobs);
  nodes_.time().Pass(25s);
  EXPECT_FALSE(nodes_.Has(2, kBlobs));
  nodes_.time().Pass(60s);
  EXPECT_TRUE(nodes_.Has(2, kBlobs));

  WalkOn(0);
  nodes_.Store(0, kBlobs + 1);
  Ask(2);
  nodes_.time().Pass(1s);
  EXPECT_TRUE(nodes_.Has(2, kBlobs + 1));
}

TEST_F(ComparerTest, ANodeThatHasComeUpBelievesNoOldAnswer) {
  StoreOn({0, 1, 2});
  WalkOn(0);
  nodes_.Store(0, kBlobs);
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  EXPECT_TRUE(nodes_.Has(2, kBlobs));
}

TEST_F(ComparerTest, WhatOthersDoNotHaveStays) {
  StoreOn({2});
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  EXPECT_EQ(nodes_.CountOn(2, kBlobs), kAll);
}

TEST_F(ComparerTest, OneThatDoesNotAnswerDoesNotKeepItFromTheOthers) {
  StoreOn({1});
  nodes_.Silence(0);
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  EXPECT_EQ(nodes_.CountOn(2, kBlobs), kAll);
}

TEST_F(ComparerTest, AFullDiskIsToldToLackWhatItMissesUntilItHasRoomAgain) {
  StoreOn({0, 1});
  nodes_.peer(2).store.SetFull(true);
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  EXPECT_EQ(nodes_.CountOn(2, kBlobs), 0U);
  EXPECT_GT(UpkeepOf(2).lacking_slots, 0U);
  nodes_.peer(2).store.SetFull(false);
  Ask(2);
  nodes_.time().Pass(1s);
  EXPECT_EQ(nodes_.CountOn(2, kBlobs), kAll);
  EXPECT_EQ(UpkeepOf(2).lacking_slots, 0U);
}

TEST_F(ComparerTest, WhatIsDamagedWhereItIsListedComesFromAThird) {
  StoreOn({0, 1});
  for (int blob = 0; blob < kBlobs; ++blob) {
    nodes_.peer(static_cast<std::size_t>(blob % 2)).store.Corrupt(nodes_.KeyOf(blob));
  }
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  EXPECT_EQ(nodes_.CountOn(2, kBlobs), kAll);
}

TEST_F(ComparerTest, AnIncompleteNodeLeavesItToItsRepairAndASlotOnItsWayToThePlan) {
  StoreOn({0, 1, 2});
  nodes_.Publish(Must(topology::MarkIncomplete(nodes_.topology(), SeveralNodes::MemberOf(2).id)));
  const Comparing incomplete(nodes_, 2, clock_);
  nodes_.BeginAdding(3);
  const Comparing destination(nodes_, 3, clock_);
  nodes_.time().Pass(70s);
  EXPECT_EQ(nodes_.digests(), 0U);
}

TEST_F(ComparerTest, OfANodeThatIsIncompleteNothingIsAsked) {
  StoreOn({0, 1, 2});
  nodes_.Publish(Must(topology::MarkIncomplete(nodes_.topology(), SeveralNodes::MemberOf(0).id)));
  const Comparing comparing(nodes_, 2, clock_);
  nodes_.time().Pass(5s);
  EXPECT_EQ(nodes_.digests(), 1U);
}

}  // namespace
}  // namespace tritontube::storage_node
