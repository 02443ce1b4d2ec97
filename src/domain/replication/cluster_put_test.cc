#include <gtest/gtest.h>

#include "domain/replication/cluster_fixture_test.h"
#include "foundation/async/sleep.h"
#include "support/blocking_blob_store.h"

namespace tritontube::replication {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using support::CodeOf;
using support::Noise;
using support::TestKey;
using Operation = FakeNodes::Operation;

Error Full() { return {ErrorCode::kResourceExhausted, "the disk is full"}; }

const blob::BlobKey kKey = TestKey("a");

std::size_t CopiesOf(FakeCluster& cluster, const blob::BlobKey& key, std::size_t node_count) {
  std::size_t copies = 0;
  for (std::size_t node = 0; node < node_count; ++node) copies += cluster.nodes().Has(node, key);
  return copies;
}

TEST(ClusterPut, StoresACopyOnEachReplicaAndNowhereElse) {
  FakeCluster cluster(5);
  for (int i = 0; i < 20; ++i) {
    const blob::BlobKey key = TestKey(std::to_string(i));
    ASSERT_TRUE(cluster.Put(key, "bytes").has_value());
    cluster.Settle();
    EXPECT_EQ(CopiesOf(cluster, key, 5), 3U);
    for (const std::size_t node : cluster.ReplicasOf(key))
      EXPECT_TRUE(cluster.nodes().Has(node, key));
  }
}

TEST(ClusterPut, IsAcknowledgedByTwoOfThreeWhileTheThirdHangs) {
  FakeCluster cluster(3, {.tail_time = 50ms, .call_time_max = std::chrono::hours(1)});
  cluster.nodes().Hang(2);
  ASSERT_TRUE(cluster.Put(kKey, "bytes").has_value());
  EXPECT_TRUE(cluster.nodes().Has(0, kKey) && cluster.nodes().Has(1, kKey));
  // The call that hung was cancelled when the tail had ended, and is owed now.
  cluster.Settle();
  EXPECT_EQ(cluster.store().counts().owed, 1U);
}

TEST(ClusterPut, BringsWhatIsOwedWhenTheNodeAnswersAgain) {
  FakeCluster cluster(3, {.probe_interval = 10ms, .repair_delay_min = 10ms});
  cluster.nodes().Break(2, Gone());
  ASSERT_TRUE(cluster.Put(kKey, "bytes").has_value());
  cluster.Settle();
  EXPECT_EQ(cluster.store().counts().suspect_nodes, 1U);
  EXPECT_FALSE(cluster.nodes().Has(2, kKey));
  cluster.nodes().Break(2, std::nullopt);
  EXPECT_TRUE(cluster.Eventually([&] { return cluster.store().counts().owed == 0; }));
  EXPECT_TRUE(cluster.nodes().Has(2, kKey));
  EXPECT_EQ(cluster.store().counts().repaired, 1U);
  EXPECT_EQ(cluster.store().counts().suspect_nodes, 0U);
}

TEST(ClusterPut, TriesAgainBecauseANodeMayBeStarting) {
  FakeCluster cluster(1, {.retry_time = std::chrono::hours(1), .retry_pause = 5ms});
  cluster.nodes().Break(0, Gone());
  const std::jthread starting([&] {
    EXPECT_TRUE(cluster.Eventually(
        [&] { return cluster.nodes().calls(0, FakeNodes::Operation::kPut) >= 2; }));
    cluster.nodes().Break(0, std::nullopt);
  });
  EXPECT_TRUE(cluster.Put(kKey, "bytes").has_value());
}

TEST(ClusterPut, GivesTheLastCopyItsTime) {
  FakeCluster cluster(3);
  cluster.nodes().Delay(1, 30ms);
  ASSERT_TRUE(cluster.Put(kKey, "bytes").has_value());
  cluster.Settle();
  EXPECT_TRUE(cluster.nodes().Has(1, kKey));
  EXPECT_EQ(cluster.store().counts().owed, 0U);
}

TEST(ClusterPut, DoesNotWaitForASuspectNodeOnceEnoughHaveAnswered) {
  FakeCluster cluster(3, {.tail_time = std::chrono::hours(1),
                          .call_time_max = std::chrono::hours(1),
                          .probe_interval = std::chrono::hours(1)});
  cluster.nodes().Break(2, Gone());
  ASSERT_TRUE(cluster.Put(TestKey("first"), "bytes").has_value());
  cluster.Settle();
  cluster.nodes().Break(2, std::nullopt);
  cluster.nodes().Hang(2);
  ASSERT_TRUE(cluster.Put(kKey, "bytes").has_value());
  cluster.Settle();
  EXPECT_EQ(cluster.store().counts().owed, 2U);
}

TEST(ClusterPut, NamesTheNodesAndCausesWhenTooFewAreLeft) {
  FakeCluster cluster(3);
  cluster.nodes().Break(0, Gone());
  cluster.nodes().Break(1, Full());
  const Result<void> put = cluster.Put(kKey, "bytes");
  EXPECT_EQ(CodeOf(put), ErrorCode::kUnavailable);
  EXPECT_NE(put.error().message().find("node-0:1: connection refused"), std::string::npos);
  EXPECT_NE(put.error().message().find("node-1:1: the disk is full"), std::string::npos);
}

TEST(ClusterPut, SaysThatTheDisksAreFullWhenThatIsWhy) {
  FakeCluster cluster(3);
  cluster.nodes().Break(0, Full());
  EXPECT_TRUE(cluster.Put(TestKey("b"), "bytes").has_value());
  cluster.nodes().Break(1, Full());
  EXPECT_EQ(CodeOf(cluster.Put(kKey, "bytes")), ErrorCode::kResourceExhausted);
}

TEST(ClusterPut, NeedsBothOfTwoNodes) {
  FakeCluster cluster(2);
  cluster.nodes().Break(1, Gone());
  EXPECT_EQ(CodeOf(cluster.Put(kKey, "bytes")), ErrorCode::kUnavailable);
}

TEST(ClusterPut, EndsAtItsDeadlineWhenNodesHang) {
  FakeCluster cluster(3);
  cluster.nodes().Hang(0);
  cluster.nodes().Hang(1);
  EXPECT_EQ(CodeOf(cluster.Put(kKey, "bytes", Deadline::After(20ms))),
            ErrorCode::kDeadlineExceeded);
}

TEST(ClusterPut, RefusesOtherBytesUnderAStoredKey) {
  FakeCluster cluster(3);
  ASSERT_TRUE(cluster.Put(kKey, "bytes").has_value());
  cluster.Settle();
  EXPECT_EQ(CodeOf(cluster.Put(kKey, "other")), ErrorCode::kAlreadyExists);
  EXPECT_TRUE(cluster.Put(kKey, "bytes").has_value());
}

TEST(ClusterPut, GoesOnWhenOneReplicaKeepsOtherBytesAndCountsIt) {
  FakeCluster cluster(3);
  cluster.PutOn(cluster.ReplicasOf(kKey)[2], kKey, "other");
  EXPECT_TRUE(cluster.Put(kKey, "bytes").has_value());
  EXPECT_TRUE(cluster.Eventually([&] { return cluster.store().counts().owed == 0; }));
  EXPECT_GE(cluster.store().counts().conflicts, 1U);
}

// A topology of a greater epoch in Coordination, of which the store has not heard.
void RaiseEpoch(FakeCluster& cluster) {
  topology::Topology next = cluster.founded();
  ++next.epoch;
  const auto raise = cluster.Run(
      cluster.other_topologies().Replace(cluster.founded(), std::move(next), FakeCluster::Soon()));
  ASSERT_TRUE(raise.has_value()) << raise.error().message();
}

TEST(ClusterPut, CountsFromZeroUnderTheNewEpoch) {
  FakeCluster cluster(3);
  RaiseEpoch(cluster);
  cluster.nodes().SetEpoch(0, 2);
  cluster.nodes().SetEpoch(1, 2);
  ASSERT_TRUE(cluster.Put(kKey, "bytes").has_value());
  cluster.Settle();
  EXPECT_GE(cluster.store().counts().retried_epochs, 1U);
  const std::vector<topology::Epoch> epochs = cluster.nodes().epochs_of_puts();
  EXPECT_EQ(std::ranges::count(epochs, topology::Epoch{2}), 3);
}

TEST(ClusterPut, NeverAddsCopiesOfTwoEpochs) {
  FakeCluster cluster(3);
  RaiseEpoch(cluster);
  // One copy is durable under the old epoch, another one under the new epoch, and that is all.
  cluster.nodes().Hang(0, 2);
  cluster.nodes().SetEpoch(1, 2);
  cluster.nodes().Delay(1, 20ms);
  cluster.nodes().Hang(2);
  EXPECT_EQ(CodeOf(cluster.Put(kKey, "bytes", Deadline::After(300ms))),
            ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(cluster.nodes().Has(0, kKey));
  EXPECT_TRUE(cluster.nodes().Has(1, kKey));
}

TEST(ClusterPut, GivesUpWhenNoTopologyIsAsNewAsTheNodes) {
  FakeCluster cluster(1);
  cluster.nodes().SetEpoch(0, 7);
  EXPECT_EQ(CodeOf(cluster.Put(kKey, "bytes", Deadline::After(100ms))),
            ErrorCode::kDeadlineExceeded);
}

TEST(ClusterPut, IsRefusedOnceTheStoreIsStopped) {
  FakeCluster cluster(1);
  cluster.Stop();
  EXPECT_EQ(CodeOf(cluster.Put(kKey, "bytes")), ErrorCode::kUnavailable);
}

async::Task<void> PutAndForget(ClusterBlobStore& store, std::optional<Result<void>>& answer) {
  std::vector<blob::Blob> batch;
  batch.push_back({.key = kKey, .bytes = blob::Bytes(std::string("bytes"))});
  answer = co_await store.Put(std::move(batch), Deadline::Never());
}

async::Task<void> CancelAPut(FakeCluster& cluster, std::optional<Result<void>>& answer) {
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  group.Spawn(PutAndForget(cluster.store(), answer));
  while (cluster.nodes().calls(0, Operation::kPut) == 0) {
    co_await cluster.nodes().happened().WaitBeyond(cluster.nodes().happened().count(),
                                                   Deadline::After(10ms));
  }
  co_await group.Stop();
}

TEST(ClusterPut, StopsItsCallsWhenTheCallerIsCancelled) {
  FakeCluster cluster(1, {.call_time_max = std::chrono::hours(1)});
  cluster.nodes().Hang(0);
  std::optional<Result<void>> answer;
  cluster.Run(CancelAPut(cluster, answer));
  EXPECT_EQ(CodeOf(*answer), ErrorCode::kCancelled);
  cluster.Settle();
  EXPECT_EQ(cluster.store().counts().owed, 0U);
}

async::Task<void> PutOne(ClusterBlobStore& store, int i, int& stored) {
  std::vector<blob::Blob> batch;
  batch.push_back(
      {.key = TestKey(std::to_string(i)), .bytes = blob::Bytes(std::string(8U << 20U, 'x'))});
  const Result<void> put = co_await store.Put(std::move(batch), FakeCluster::Soon());
  if (put) ++stored;
}

async::Task<int> PutMany(ClusterBlobStore& store) {
  int stored = 0;
  std::vector<async::Task<void>> puts;
  puts.reserve(24);
  for (int i = 0; i < 24; ++i) puts.push_back(PutOne(store, i, stored));
  co_await async::RunAll(std::move(puts));
  co_return stored;
}

TEST(ClusterPut, HasABoundOnTheBytesInFlight) {
  FakeCluster cluster(2, {.put_bytes_max = 32U << 20U});
  cluster.nodes().Delay(0, 5ms);
  EXPECT_EQ(cluster.Run(PutMany(cluster.store())), 24);
  EXPECT_GT(cluster.nodes().put_bytes_peak(), 8U << 20U);
  EXPECT_LE(cluster.nodes().put_bytes_peak(), 32U << 20U);
}

TEST(ClusterPut, CutsABatchIntoCallsOfBoundedSize) {
  FakeCluster cluster(1);
  std::vector<blob::Blob> batch;
  batch.reserve(6);
  for (int i = 0; i < 6; ++i) {
    batch.push_back(
        {.key = TestKey(std::to_string(i)), .bytes = blob::Bytes(std::string(8U << 20U, 'x'))});
  }
  ASSERT_TRUE(cluster.Run(cluster.store().Put(std::move(batch), FakeCluster::Soon())).has_value());
  EXPECT_EQ(cluster.nodes().calls(0, Operation::kPut), 3U);
}

}  // namespace
}  // namespace tritontube::replication
