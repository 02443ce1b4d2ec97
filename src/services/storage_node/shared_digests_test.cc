#include "services/storage_node/shared_digests.h"

#include <gtest/gtest.h>

#include <array>

#include "foundation/async/task_group.h"
#include "support/memory_blob_store.h"
#include "support/must.h"
#include "support/node_world.h"
#include "support/virtual_time.h"

namespace tritontube::storage_node {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using support::MemoryBlobStore;
using support::Must;
using Digests = std::vector<replication::SlotDigest>;
using Answer = std::optional<Result<Digests>>;

std::uint64_t BlobsOf(const Result<Digests>& digests) {
  std::uint64_t blobs = 0;
  for (const replication::SlotDigest& digest : Must(digests)) blobs += digest.blobs;
  return blobs;
}

class SharedDigestsTest : public testing::Test {
 public:
  SharedDigestsTest(const SharedDigestsTest&) = delete;
  SharedDigestsTest& operator=(const SharedDigestsTest&) = delete;

 protected:
  SharedDigestsTest() {
    Put("a");
    store_.Delay(MemoryBlobStore::Operation::kScan, 1s);  // So long takes a walk.
  }
  ~SharedDigestsTest() override { time_.Run(tasks_.Stop()); }

  void Put(const std::string& file) {
    std::vector<blob::Blob> batch;
    batch.push_back({.key = support::TestKey(file), .bytes = blob::Bytes(std::string("bytes"))});
    Must(time_.Get(store_.Put(std::move(batch), Soon())));
  }
  static Deadline Soon() { return Deadline::After(10s); }
  void Ask(Answer& answer, std::chrono::milliseconds age_max = 0ms, Deadline deadline = Soon()) {
    tasks_.Spawn(async::KeepResult(digests_.Get(epoch_, age_max, deadline), answer));
  }
  std::size_t walks() const { return store_.call_count(MemoryBlobStore::Operation::kScan); }

  support::VirtualTime time_;
  MemoryBlobStore store_;
  async::Semaphore walks_{2};
  SharedDigests digests_{store_, walks_};
  topology::Epoch epoch_ = 1;
  async::TaskGroup tasks_{time_.executor()};
};

TEST_F(SharedDigestsTest, AllWhoAskDuringAWalkAreServedByTheNextOne) {
  Answer first;
  std::array<Answer, 5> others;
  Ask(first);
  time_.Pass(500ms);
  Put("b");  // Behind where the walk is, perhaps.
  for (Answer& other : others) Ask(other);
  time_.Pass(3s);
  EXPECT_EQ(walks(), 2U);
  ASSERT_TRUE(first.has_value());
  for (const Answer& other : others) {
    ASSERT_TRUE(other.has_value());
    EXPECT_EQ(BlobsOf(*other), 2U);
  }
}

TEST_F(SharedDigestsTest, WhoTakesWhatIsNotNewWaitsForTheWalkThatIsUnderWayAndMakesNone) {
  Answer first;
  Answer during;
  Answer later;
  Ask(first);
  time_.Pass(500ms);
  Ask(during, 1s);
  time_.Pass(1s);
  EXPECT_TRUE(during.has_value());
  time_.Pass(8s);
  Ask(later, 10s);
  time_.Pass(1ms);
  ASSERT_TRUE(later.has_value());
  EXPECT_EQ(BlobsOf(*later), 1U);
  EXPECT_EQ(walks(), 1U);
}

TEST_F(SharedDigestsTest, WhatIsTooOldOrOfAnotherEpochIsFoundAnew) {
  Answer first;
  Answer old;
  Answer other;
  Ask(first);
  time_.Pass(5s);
  Ask(old, 4s);
  time_.Pass(2s);
  EXPECT_EQ(walks(), 2U);
  epoch_ = 2;
  Ask(other, 10s);
  time_.Pass(2s);
  EXPECT_TRUE(other.has_value());
  EXPECT_EQ(walks(), 3U);
}

TEST_F(SharedDigestsTest, AWalkThatFailsLeavesTheOthersTheirOwn) {
  Answer first;
  Answer second;
  Ask(first, 0ms, Deadline::After(500ms));
  time_.Pass(100ms);
  Ask(second, 10s);
  time_.Pass(3s);
  ASSERT_TRUE(first.has_value() && second.has_value());
  EXPECT_FALSE(first->has_value());
  EXPECT_EQ(BlobsOf(*second), 1U);
}

TEST_F(SharedDigestsTest, WhoWaitsForAnothersWalkDoesSoUntilItsDeadline) {
  Answer first;
  Answer second;
  Ask(first);
  time_.Pass(100ms);
  Ask(second, 0ms, Deadline::After(200ms));
  time_.Pass(300ms);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(support::CodeOf(*second), ErrorCode::kDeadlineExceeded);
  EXPECT_FALSE(first.has_value());
  time_.Pass(1s);
  EXPECT_TRUE(first.has_value());
}

}  // namespace
}  // namespace tritontube::storage_node
