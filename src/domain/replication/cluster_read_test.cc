#include <gtest/gtest.h>

#include "domain/replication/cluster_fixture_test.h"
#include "support/blocking_blob_store.h"

namespace tritontube::replication {
namespace {

using std::chrono_literals::operator""ms;
using support::CodeOf;
using support::TestKey;
using Operation = FakeNodes::Operation;

Error Gone() { return {ErrorCode::kUnavailable, "connection refused"}; }

// A blob on all of its replicas, which are asked in the order `first`, `second`, `third`.
class ClusterRead : public testing::Test {
 protected:
  // Repairs and probes would hide what a read leaves behind.
  explicit ClusterRead(ClusterOptions options = {.call_time_max = std::chrono::hours(1),
                                                 .probe_interval = std::chrono::hours(1)})
      : cluster_(3, options) {
    for (std::size_t node = 0; node < 3; ++node) cluster_.PutOn(node, key_, "bytes");
  }

  FakeNodes& nodes() { return cluster_.nodes(); }
  std::size_t gets(std::size_t node) { return nodes().calls(node, Operation::kGet); }
  ClusterCounts counts() { return cluster_.store().counts(); }

  const blob::BlobKey key_ = TestKey("a");
  const blob::BlobKey missing_ = TestKey("missing");
  FakeCluster cluster_;
  const std::vector<std::size_t> replicas_ = cluster_.ReplicasOf(key_);
  const std::size_t first_ = replicas_[0];
  const std::size_t second_ = replicas_[1];
  const std::size_t third_ = replicas_[2];
};

TEST_F(ClusterRead, AsksOneReplicaWhenThatAnswers) {
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  EXPECT_EQ(gets(first_), 1U);
  EXPECT_EQ(gets(second_) + gets(third_), 0U);
}

TEST_F(ClusterRead, AsksTheNextAtOnceWhenOneFails) {
  nodes().Break(first_, Gone());
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  EXPECT_EQ(counts().failed_over, 1U);
  EXPECT_EQ(counts().hedged, 0U);
  EXPECT_EQ(counts().suspect_nodes, 1U);
  // Whoever failed is asked last from now on.
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  EXPECT_EQ(gets(first_), 1U);
}

TEST_F(ClusterRead, IsReadableFromTheLastReplica) {
  nodes().Break(first_, Gone());
  nodes().Break(second_, Gone());
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  nodes().Break(third_, Gone());
  EXPECT_EQ(CodeOf(cluster_.Read(key_)), ErrorCode::kUnavailable);
}

TEST_F(ClusterRead, HedgesWhenTheFirstIsSlowAndCancelsTheLoser) {
  nodes().Hang(first_);
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  EXPECT_EQ(counts().hedged, 1U);
  EXPECT_EQ(gets(third_), 0U);
  // The loser is remembered as slow: the next read begins elsewhere.
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  EXPECT_EQ(gets(first_), 1U);
}

TEST_F(ClusterRead, AsksTheLastWhenTwoAreSilent) {
  nodes().Hang(first_);
  nodes().Hang(second_);
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  EXPECT_EQ(gets(third_), 1U);
}

class ClusterReadWithoutHedge : public ClusterRead {
 protected:
  ClusterReadWithoutHedge()
      : ClusterRead({.hedge_delay_min = std::chrono::hours(1),
                     .patience = 30ms,
                     .call_time_max = std::chrono::hours(1),
                     .probe_interval = std::chrono::hours(1)}) {}
};

TEST_F(ClusterReadWithoutHedge, LosesItsPatienceWhateverTheHedgesCost) {
  nodes().Hang(first_);
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  EXPECT_EQ(counts().hedged, 1U);
}

TEST_F(ClusterRead, DoesNotFindWhatEnoughNodesMiss) {
  nodes().Break(cluster_.ReplicasOf(missing_)[0], Gone());
  EXPECT_EQ(CodeOf(cluster_.Read(missing_)), ErrorCode::kNotFound);
}

TEST_F(ClusterRead, ANodeThatMissesItProvesNothingAlone) {
  const auto replicas = cluster_.ReplicasOf(missing_);
  nodes().Break(replicas[0], Gone());
  nodes().Break(replicas[2], Gone());
  EXPECT_EQ(CodeOf(cluster_.Read(missing_)), ErrorCode::kUnavailable);
}

TEST_F(ClusterRead, FindsWhatOnlyOneNodeOfTwoThatAnswerHas) {
  const blob::BlobKey key = TestKey("b");
  const auto replicas = cluster_.ReplicasOf(key);
  cluster_.PutOn(replicas[1], key, "bytes");
  EXPECT_EQ(*cluster_.Read(key), "bytes");
}

TEST_F(ClusterRead, HealsACorruptCopyFromAGoodOne) {
  nodes().Corrupt(first_, key_);
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  EXPECT_TRUE(cluster_.Eventually([&] { return counts().repaired == 1; }));
  EXPECT_EQ(nodes().calls(first_, Operation::kPut), 1U);
  EXPECT_FALSE(nodes().IsCorrupt(first_, key_));
}

TEST_F(ClusterRead, BringsACopyWhereOneIsMissing) {
  const blob::BlobKey key = TestKey("b");
  const auto replicas = cluster_.ReplicasOf(key);
  cluster_.PutOn(replicas[1], key, "bytes");
  cluster_.PutOn(replicas[2], key, "bytes");
  EXPECT_EQ(*cluster_.Read(key), "bytes");
  EXPECT_TRUE(cluster_.Eventually([&] { return counts().repaired == 1; }));
  EXPECT_TRUE(nodes().Has(replicas[0], key));
}

TEST_F(ClusterRead, IsCorruptWhenNobodyHasItWhole) {
  for (std::size_t node = 0; node < 3; ++node) nodes().Corrupt(node, key_);
  EXPECT_EQ(CodeOf(cluster_.Read(key_)), ErrorCode::kCorrupt);
  EXPECT_EQ(counts().owed, 0U);
}

TEST_F(ClusterRead, PassesOnThatARangeLiesBeyondTheEnd) {
  const auto read =
      cluster_.Run(cluster_.store().Get(key_, {.offset = 3, .length = 5}, FakeCluster::Soon()));
  EXPECT_EQ(CodeOf(read), ErrorCode::kOutOfRange);
  EXPECT_EQ(gets(second_) + gets(third_), 0U);
}

TEST_F(ClusterRead, BeginsAgainWhenAMissIsOfAnOlderEpoch) {
  topology::Topology next = cluster_.founded();
  ++next.epoch;
  ASSERT_TRUE(cluster_
                  .Run(cluster_.other_topologies().Replace(cluster_.founded(), std::move(next),
                                                           FakeCluster::Soon()))
                  .has_value());
  for (std::size_t node = 0; node < 3; ++node) nodes().SetEpoch(node, 2);
  EXPECT_EQ(CodeOf(cluster_.Read(missing_)), ErrorCode::kNotFound);
  EXPECT_EQ(counts().retried_epochs, 1U);
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
}

// Whoever has a blob gives it at any epoch, also while the metadata cannot tell the new one.
TEST_F(ClusterRead, TakesItFromAnotherReplicaWhenOneOfANewerEpochLacksIt) {
  nodes().Break(first_, Error(ErrorCode::kAborted, "this node is at epoch 2"));
  EXPECT_EQ(*cluster_.Read(key_), "bytes");
  EXPECT_EQ(counts().retried_epochs, 0U);
}

TEST_F(ClusterRead, EndsAtItsDeadline) {
  for (std::size_t node = 0; node < 3; ++node) nodes().Hang(node);
  EXPECT_EQ(CodeOf(cluster_.Read(key_, Deadline::After(20ms))), ErrorCode::kDeadlineExceeded);
}

TEST_F(ClusterRead, GivesTheStatOfWhicheverReplicaAnswers) {
  nodes().Break(first_, Gone());
  const auto stat = cluster_.Run(cluster_.store().Stat(key_, FakeCluster::Soon()));
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->digest, blob::DigestOf(blob::Bytes(std::string("bytes"))));
}

async::Task<void> ReadOne(ClusterBlobStore& store, blob::BlobKey key, int& good) {
  const auto read = co_await store.GetWhole(std::move(key), FakeCluster::Soon());
  if (read) ++good;
}

async::Task<int> ReadMany(ClusterBlobStore& store, const blob::BlobKey& key) {
  int good = 0;
  std::vector<async::Task<void>> reads;
  reads.reserve(64);
  for (int i = 0; i < 64; ++i) reads.push_back(ReadOne(store, key, good));
  co_await async::RunAll(std::move(reads));
  co_return good;
}

TEST(ClusterReads, HaveABoundOnWhatIsInFlight) {
  FakeCluster cluster(1);
  const blob::BlobKey key = TestKey("a");
  cluster.PutOn(0, key, "bytes");
  cluster.nodes().Delay(0, 2ms);
  EXPECT_EQ(cluster.Run(ReadMany(cluster.store(), key)), 64);
  EXPECT_EQ(cluster.nodes().gets_peak(), 4U);  // 32 MiB, each counted as 8.
}

TEST(ClusterReads, AskASuspectNodeAgainWhenAProbeFindsItWell) {
  FakeCluster cluster(3, {.probe_interval = 10ms});
  const blob::BlobKey key = TestKey("a");
  for (std::size_t node = 0; node < 3; ++node) cluster.PutOn(node, key, "bytes");
  const std::size_t first = cluster.ReplicasOf(key)[0];
  cluster.nodes().Break(first, Gone());
  EXPECT_EQ(*cluster.Read(key), "bytes");
  EXPECT_TRUE(
      cluster.Eventually([&] { return cluster.nodes().calls(first, Operation::kStatus) >= 2; }));
  EXPECT_EQ(cluster.store().counts().suspect_nodes, 1U);
  cluster.nodes().Break(first, std::nullopt);
  EXPECT_TRUE(cluster.Eventually([&] { return cluster.store().counts().suspect_nodes == 0; }));
  const std::size_t before = cluster.nodes().calls(first, Operation::kGet);
  EXPECT_EQ(*cluster.Read(key), "bytes");
  EXPECT_EQ(cluster.nodes().calls(first, Operation::kGet), before + 1);
}

}  // namespace
}  // namespace tritontube::replication
