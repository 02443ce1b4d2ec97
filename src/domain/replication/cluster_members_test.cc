#include <gtest/gtest.h>

#include "domain/replication/cluster_fixture_test.h"
#include "support/blocking_blob_store.h"

namespace tritontube::replication {
namespace {

using support::CodeOf;
using support::Must;
using support::TestKey;

Result<void> Remove(FakeCluster& cluster, const blob::BlobKey& key) {
  return cluster.Run(cluster.store().RemoveUpload(key.video, key.upload, FakeCluster::Soon()));
}

TEST(ClusterRemove, ForgetsAnUploadOnEveryNode) {
  FakeCluster cluster(5);
  for (std::size_t node = 0; node < 5; ++node) cluster.PutOn(node, TestKey("a"), "bytes");
  ASSERT_TRUE(Remove(cluster, TestKey("a")).has_value());
  for (std::size_t node = 0; node < 5; ++node)
    EXPECT_FALSE(cluster.nodes().Has(node, TestKey("a")));
}

TEST(ClusterRemove, NamesTheNodeThatHasNotRemovedIt) {
  FakeCluster cluster(3);
  cluster.PutOn(0, TestKey("a"), "bytes");
  cluster.nodes().Break(1, Gone());
  const Result<void> removed = Remove(cluster, TestKey("a"));
  EXPECT_EQ(CodeOf(removed), ErrorCode::kUnavailable);
  EXPECT_NE(removed.error().message().find("node-1:1: connection refused"), std::string::npos);
  EXPECT_FALSE(cluster.nodes().Has(0, TestKey("a")));
}

std::string FilesOf(FakeCluster& cluster, std::size_t limit) {
  std::string files;
  blob::ScanRequest request{.limit = limit};
  for (bool more = true; more;) {
    const auto page = Must(cluster.Run(cluster.store().Scan(request, FakeCluster::Soon())));
    for (const blob::ScanItem& item : page.items) files += item.key.file;
    more = page.more;
    if (more) request.after = page.items.back().key;
  }
  return files;
}

TEST(ClusterScan, GivesTheUnionOfAllNodesWhateverTheSizeOfAPage) {
  FakeCluster cluster(5);
  for (const char* file : {"a", "b", "c", "d", "e", "f", "g", "h"}) {
    ASSERT_TRUE(cluster.Put(TestKey(file), "bytes").has_value());
  }
  cluster.Settle();
  for (const std::size_t limit : {1U, 2U, 3U, 8U, 100U}) {
    EXPECT_EQ(FilesOf(cluster, limit), "abcdefgh") << limit;
  }
}

TEST(ClusterScan, IsCompleteWithoutOneNodeAndRefusedWithoutTwo) {
  FakeCluster cluster(3);
  for (const char* file : {"a", "b", "c"}) {
    ASSERT_TRUE(cluster.Put(TestKey(file), "bytes").has_value());
  }
  cluster.Settle();
  cluster.nodes().Break(0, Gone());
  EXPECT_EQ(FilesOf(cluster, 2), "abc");
  cluster.nodes().Break(1, Gone());
  const auto page = cluster.Run(cluster.store().Scan({}, FakeCluster::Soon()));
  EXPECT_EQ(CodeOf(page), ErrorCode::kUnavailable);
  EXPECT_NE(page.error().message().find("node-1:1: connection refused"), std::string::npos);
}

TEST(ClusterScan, CountsANodeThatHasMissedSomethingAsMissing) {
  FakeCluster cluster(3);
  topology::Topology incomplete = cluster.founded();
  incomplete.epoch = 2;
  incomplete.members[0].incomplete = true;
  cluster.topologies().Offer(std::make_shared<const topology::Topology>(incomplete));
  EXPECT_EQ(FilesOf(cluster, 2), "");
  const std::string address = incomplete.members[1].address;
  for (std::size_t node = 0; node < 3; ++node) {
    if (cluster.nodes().members()[node].address == address) cluster.nodes().Break(node, Gone());
  }
  EXPECT_EQ(CodeOf(cluster.Run(cluster.store().Scan({}, FakeCluster::Soon()))),
            ErrorCode::kUnavailable);
}

TEST(ClusterStatus, RemembersWhatASilentNodeSaidLast) {
  FakeCluster cluster(3);
  for (std::size_t node = 0; node < 3; ++node) {
    cluster.nodes().SetStatus(node,
                              {.stored_bytes = 300, .free_bytes = 700, .capacity_bytes = 1000});
  }
  const auto status = [&] { return cluster.Run(cluster.store().Status(FakeCluster::Soon())); };
  EXPECT_EQ(Must(status()).stored_bytes, 300U);
  cluster.nodes().Break(0, Gone());
  EXPECT_EQ(Must(status()).stored_bytes, 300U);
  EXPECT_EQ(Must(status()).free_bytes, 700U);
  EXPECT_FALSE(Must(status()).read_only);
  cluster.nodes().Break(1, Gone());
  EXPECT_TRUE(Must(status()).read_only);
  cluster.nodes().Break(2, Gone());
  EXPECT_EQ(CodeOf(status()), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tritontube::replication
