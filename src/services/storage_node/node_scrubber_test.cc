#include "services/storage_node/node_scrubber.h"

#include <gtest/gtest.h>

#include "services/storage_node/several_nodes_test.h"

namespace tritontube::storage_node {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using support::MemoryBlobStore;
using support::Must;

// Remembers the place of a scrub in memory.
class MemoryScrubRecord final : public scrubbing::ScrubRecord {
 public:
  async::Task<scrubbing::ScrubState> LoadScrub() override { co_return state; }
  async::Task<Result<void>> SaveScrub(scrubbing::ScrubState next, Deadline /*deadline*/) override {
    state = std::move(next);
    co_return Result<void>();
  }

  scrubbing::ScrubState state;
};

class Scrubbing : public Running<NodeScrubber> {
 public:
  Scrubbing(SeveralNodes& nodes, std::size_t i, MemoryScrubRecord& record, const Clock& clock,
            NodeScrubberOptions options)
      : Running(nodes, nodes.node(i), nodes, record, clock, options) {}
};

class NodeScrubberTest : public testing::Test {
 protected:
  static constexpr int kBlobs = 20;

  NodeScrubberTest() {
    for (int blob = 0; blob < kBlobs; ++blob) {
      for (std::size_t i = 0; i < 3; ++i) nodes_.Store(i, blob);
    }
  }
  MemoryBlobStore& store() { return nodes_.peer(0).store; }
  replication::Upkeep upkeep() {
    return Must(nodes_.Run(nodes_.node(0).Status(SeveralNodes::Soon()))).upkeep;
  }
  void Ask() { Must(nodes_.node(0).AskForUpkeep(nodes_.TargetOf(0))); }
  bool HasAll() { return nodes_.CountOn(0, kBlobs) == std::size_t{kBlobs}; }

  SystemClock clock_;
  SeveralNodes nodes_{3, 3};
  MemoryScrubRecord record_;
  NodeScrubberOptions options_{.pace = {.period = 1h, .idle_bytes_per_second = 1000}};
};

TEST_F(NodeScrubberTest, WhatIsDamagedIsBroughtBackFromTheOthers) {
  for (const int blob : {3, 4, 17}) store().Corrupt(nodes_.KeyOf(blob));
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(1min);
  EXPECT_TRUE(HasAll());
  EXPECT_EQ(upkeep().healed, 3U);
  EXPECT_TRUE(upkeep().scrub_ended.has_value());
  EXPECT_EQ(record_.state.last_checked_bytes, upkeep().scrub_bytes_all);
}

TEST(MovedBlobs, AreLeftToWhoeverRemovesThemWhenTheyAreDamaged) {
  const SystemClock clock;
  MemoryScrubRecord record;
  SeveralNodes nodes(3, 4);
  nodes.BeginAdding(3);
  nodes.Publish(Must(topology::Settle(topology::UseNew(nodes.topology(), {}))));
  int moved = 0;
  while (nodes.Keeps(0, moved)) ++moved;
  for (std::size_t i = 0; i < 4; ++i) nodes.Store(i, moved);
  nodes.peer(0).store.Corrupt(nodes.KeyOf(moved));
  const Scrubbing scrubbing(nodes, 0, record, clock, {});
  const std::uint64_t asked = Must(nodes.node(0).AskForUpkeep(nodes.TargetOf(0)));
  nodes.time().Pass(1min);
  const replication::Upkeep upkeep =
      Must(nodes.Run(nodes.node(0).Status(SeveralNodes::Soon()))).upkeep;
  EXPECT_EQ(upkeep.scrubbed_for, asked);
  EXPECT_EQ(upkeep.damaged, 0U) << "no alarm for what goes";
  EXPECT_FALSE(nodes.Has(0, moved));
}

TEST_F(NodeScrubberTest, WhatSomebodyElseHasMetIsHealedWithoutAPass) {
  record_.state.last_started = clock_.WallNow();
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(1s);
  store().Corrupt(nodes_.KeyOf(5));
  EXPECT_FALSE(nodes_.Has(0, 5));
  nodes_.time().Pass(15s);
  EXPECT_TRUE(nodes_.Has(0, 5));
}

TEST_F(NodeScrubberTest, WhatNobodyCanGiveIsAskedForAgainLater) {
  for (std::size_t i = 0; i < 3; ++i) nodes_.peer(i).store.Corrupt(nodes_.KeyOf(5));
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(30s);
  EXPECT_FALSE(nodes_.Has(0, 5));
  nodes_.Store(2, 5);
  nodes_.time().Pass(10min);
  EXPECT_TRUE(HasAll());
}

TEST_F(NodeScrubberTest, WhatTheDiskDoesNotGiveIsBroughtBackAndThePassGoesOn) {
  store().FailNext(MemoryBlobStore::Operation::kGet,
                   Error(ErrorCode::kUnavailable, "input/output error"), 5);
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(2min);
  EXPECT_EQ(upkeep().healed, 1U);
  EXPECT_TRUE(upkeep().scrub_ended.has_value());
  EXPECT_TRUE(HasAll());
}

TEST_F(NodeScrubberTest, ABusyDiskIsNoDamagedOne) {
  store().FailNext(MemoryBlobStore::Operation::kGet,
                   Error(ErrorCode::kResourceExhausted, "too many wait for the disk"), 20);
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(10min);
  EXPECT_EQ(upkeep().healed, 0U);
  EXPECT_TRUE(upkeep().scrub_ended.has_value());
}

TEST_F(NodeScrubberTest, WhatIsNotWhatItWasStoredAsIsBroughtBackAlthoughItsChecksumsMatch) {
  store().Garble(nodes_.KeyOf(7));
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(1min);
  EXPECT_EQ(upkeep().healed, 1U);
  EXPECT_TRUE(HasAll());
}

TEST_F(NodeScrubberTest, WhatCouldNotBeHealedIsKnownAfterARestart) {
  // What a reader does not notice.
  for (std::size_t i = 0; i < 3; ++i) nodes_.peer(i).store.Garble(nodes_.KeyOf(5));
  {
    const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
    nodes_.time().Pass(1min);
  }
  EXPECT_EQ(record_.state.damaged, std::vector{nodes_.KeyOf(5)});
  // The store forgets what it has met.
  store().Forget();
  EXPECT_EQ(upkeep().damaged, 0U);
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(1s);
  EXPECT_EQ(upkeep().damaged, 1U);
  Must(nodes_.Run(nodes_.peer(2).store.Remove({nodes_.KeyOf(5)}, SeveralNodes::Soon())));
  nodes_.Store(2, 5);
  nodes_.time().Pass(10min);
  EXPECT_TRUE(HasAll());
  EXPECT_TRUE(record_.state.damaged.empty());
}

TEST_F(NodeScrubberTest, APassReadsNoFasterThanItIsAllowedTo) {
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, {.pace = {.idle_bytes_per_second = 20}});
  nodes_.time().Pass(2s);
  EXPECT_FALSE(upkeep().scrub_ended.has_value());
  nodes_.time().Pass(10min);
  EXPECT_TRUE(upkeep().scrub_ended.has_value());
}

TEST_F(NodeScrubberTest, WhoeverAsksForOneDoesNotWaitForThePeriodNorForThePace) {
  record_.state.last_started = clock_.WallNow();
  record_.state.last_ended = clock_.WallNow();
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, {.pace = {.idle_bytes_per_second = 1}});
  nodes_.time().Pass(30s);
  EXPECT_EQ(record_.state.last_checked_bytes, 0U);
  Ask();
  nodes_.time().Pass(1s);
  EXPECT_GT(record_.state.last_checked_bytes, 0U);
}

TEST_F(NodeScrubberTest, ARestartGoesOnWhereThePassWas) {
  record_.state = {.started = clock_.WallNow(), .position = nodes_.KeyOf(kBlobs - 3)};
  const std::size_t reads = store().call_count(MemoryBlobStore::Operation::kGet);
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(1min);
  EXPECT_EQ(store().call_count(MemoryBlobStore::Operation::kGet), reads + 2);
}

TEST_F(NodeScrubberTest, AStoreThatCannotBeListedIsGivenUpOnlyWhenTheOthersHaveEverything) {
  const Error rot(ErrorCode::kCorrupt, "a table is damaged");
  store().FailNext(MemoryBlobStore::Operation::kScan, rot, 1000);
  nodes_.Publish(Must(topology::MarkIncomplete(nodes_.topology(), SeveralNodes::MemberOf(1).id)));
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(1min);
  EXPECT_FALSE(nodes_.node(0).is_store_given_up());
  nodes_.Publish(Must(topology::MarkComplete(nodes_.topology(), SeveralNodes::MemberOf(1).id)));
  nodes_.time().Pass(1min);
  EXPECT_TRUE(nodes_.node(0).is_store_given_up());
}

TEST_F(NodeScrubberTest, AStoreWhoseListTheDiskDoesNotGiveIsGivenUpAfterSomeTries) {
  const Error unread(ErrorCode::kUnavailable, "input/output error");
  store().FailNext(MemoryBlobStore::Operation::kScan, unread, 4);
  const Scrubbing scrubbing(nodes_, 0, record_, clock_, options_);
  nodes_.time().Pass(2min);
  EXPECT_FALSE(nodes_.node(0).is_store_given_up());
  EXPECT_TRUE(upkeep().scrub_ended.has_value());
  store().FailNext(MemoryBlobStore::Operation::kScan, unread, 5);
  Ask();
  nodes_.time().Pass(2min);
  EXPECT_TRUE(nodes_.node(0).is_store_given_up());
}

}  // namespace
}  // namespace tritontube::storage_node
