#include "services/storage_node/cleaner.h"

#include <gtest/gtest.h>

#include "foundation/async/task_group.h"
#include "services/storage_node/several_nodes_test.h"

namespace tritontube::storage_node {
namespace {

using std::chrono_literals::operator""s;
using support::Must;

class Cleaning : public Running<Cleaner> {
 public:
  Cleaning(SeveralNodes& nodes, std::size_t i, CleanerOptions options)
      : Running(nodes, nodes.node(i), nodes, options) {}
};

class CleanerTest : public testing::Test {
 protected:
  static constexpr int kBlobs = 40;

  CleanerTest() {
    for (int blob = 0; blob < kBlobs; ++blob) {
      for (std::size_t i = 0; i < 3; ++i) nodes_.Store(i, blob);
    }
    nodes_.BeginAdding(3);
  }
  // The fourth node has what it keeps, and all of it is in use.
  void UseNew(bool is_there = true) {
    for (int blob = 0; is_there && blob < kBlobs; ++blob) {
      if (nodes_.Keeps(3, blob)) nodes_.Store(3, blob);
    }
    nodes_.Publish(Must(topology::Settle(topology::UseNew(nodes_.topology(), {}))));
  }
  bool HasWhatItKeepsOnly(std::size_t i) {
    for (int blob = 0; blob < kBlobs; ++blob) {
      if (nodes_.Has(i, blob) != nodes_.Keeps(i, blob)) return false;
    }
    return true;
  }
  std::size_t CountOn(std::size_t i) { return nodes_.CountOn(i, kBlobs); }

  SeveralNodes nodes_{3, 4};
  CleanerOptions options_{.keep_for = 60s, .look_again_after = 5s};
};

TEST_F(CleanerTest, WhatHasMovedIsGoneWhenItWasKeptLongEnough) {
  UseNew();
  const Cleaning cleaning(nodes_, 0, options_);
  nodes_.time().Pass(55s);
  EXPECT_EQ(CountOn(0), static_cast<std::size_t>(kBlobs));
  nodes_.time().Pass(10s);
  EXPECT_TRUE(HasWhatItKeepsOnly(0));
}

TEST_F(CleanerTest, AFullDiskIsCleanedAtOnce) {
  UseNew();
  nodes_.peer(0).store.SetFree(1);
  const Cleaning cleaning(nodes_, 0, options_);
  nodes_.time().Pass(1s);
  EXPECT_TRUE(HasWhatItKeepsOnly(0));
}

TEST_F(CleanerTest, WhatTooFewOthersHaveIsGivenToThemFirst) {
  UseNew();
  // One of the others has lost what it had, and the new one never got it.
  for (int blob = 0; blob < kBlobs; ++blob) {
    Must(nodes_.Run(nodes_.peer(1).store.Remove({nodes_.KeyOf(blob)}, SeveralNodes::Soon())));
    Must(nodes_.Run(nodes_.peer(3).store.Remove({nodes_.KeyOf(blob)}, SeveralNodes::Soon())));
  }
  const Cleaning cleaning(nodes_, 0, {.keep_for = 0s, .look_again_after = 5s});
  nodes_.time().Pass(1s);
  EXPECT_EQ(CountOn(0), static_cast<std::size_t>(kBlobs)) << "only one other has it yet";
  nodes_.time().Pass(10s);
  EXPECT_TRUE(HasWhatItKeepsOnly(0));
  for (int blob = 0; blob < kBlobs; ++blob) {
    if (!nodes_.Keeps(0, blob)) EXPECT_TRUE(nodes_.Has(1, blob) && nodes_.Has(3, blob));
  }
}

TEST_F(CleanerTest, ABlobThatIsRottenOnTheOthersIsGivenToThemAndNotCountedBefore) {
  UseNew();
  for (int blob = 0; blob < kBlobs; ++blob) {
    if (nodes_.Keeps(0, blob)) continue;
    for (std::size_t i = 1; i < 4; ++i) nodes_.peer(i).store.Corrupt(nodes_.KeyOf(blob));
  }
  const Cleaning cleaning(nodes_, 0, {.keep_for = 0s, .look_again_after = 5s});
  nodes_.time().Pass(1s);
  EXPECT_EQ(CountOn(0), static_cast<std::size_t>(kBlobs)) << "no other copy is whole yet";
  nodes_.time().Pass(10s);
  EXPECT_TRUE(HasWhatItKeepsOnly(0));
  for (int blob = 0; blob < kBlobs; ++blob) {
    for (std::size_t i = 1; i < 4; ++i) EXPECT_TRUE(nodes_.Has(i, blob) || !nodes_.Keeps(i, blob));
  }
}

TEST_F(CleanerTest, OthersReadLittleForEachAnswer) {
  UseNew();
  const std::size_t moved = std::size_t{kBlobs} - nodes_.CountKept(0, kBlobs);
  const Cleaning cleaning(nodes_, 0, {.keep_for = 0s, .read_bytes = 1});
  nodes_.time().Pass(1s);
  EXPECT_TRUE(HasWhatItKeepsOnly(0));
  EXPECT_GE(nodes_.confirms(), 2 * moved);
}

TEST_F(CleanerTest, NothingGoesWhileTheOthersAreSilent) {
  UseNew();
  nodes_.Silence(1);
  nodes_.Silence(2);
  const Cleaning cleaning(nodes_, 0, {.keep_for = 0s, .look_again_after = 5s});
  nodes_.time().Pass(60s);
  EXPECT_EQ(CountOn(0), static_cast<std::size_t>(kBlobs));
}

TEST_F(CleanerTest, WhoHasMissedSomethingConfirmsNothing) {
  UseNew();
  topology::Topology behind = nodes_.topology();
  ++behind.epoch;
  behind.members[1].incomplete = true;
  behind.members[3].incomplete = true;
  nodes_.Publish(behind);
  const Cleaning cleaning(nodes_, 0, {.keep_for = 0s, .look_again_after = 5s});
  nodes_.time().Pass(60s);
  EXPECT_EQ(CountOn(0), static_cast<std::size_t>(kBlobs));
}

TEST_F(CleanerTest, WhileSlotsAreOnTheirWayNothingIsTouched) {
  const Cleaning cleaning(nodes_, 0, {.keep_for = 0s, .look_again_after = 5s});
  nodes_.time().Pass(60s);
  EXPECT_EQ(CountOn(0), static_cast<std::size_t>(kBlobs));
  EXPECT_EQ(nodes_.confirms(), 0U);
}

TEST_F(CleanerTest, AfterAPlanThatWasGivenUpTheNewNodeIsNoMemberAndTouchesNothing) {
  for (int blob = 0; blob < kBlobs; ++blob) nodes_.Store(3, blob);
  nodes_.Publish(Must(topology::Abort(nodes_.topology(), "enough")));
  const Cleaning cleaning(nodes_, 3, {.keep_for = 0s, .look_again_after = 5s});
  nodes_.time().Pass(60s);
  EXPECT_EQ(CountOn(3), static_cast<std::size_t>(kBlobs));
}

}  // namespace
}  // namespace tritontube::storage_node
