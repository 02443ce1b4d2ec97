#include "services/storage_node/slot_walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/blocking_blob_store.h"
#include "support/memory_blob_store.h"
#include "support/moments.h"
#include "support/must.h"

namespace tritontube::storage_node {
namespace {

using support::MemoryBlobStore;
using support::Must;
using support::Soon;
using support::TestKey;

// Two looks of ScanSlots are needed for so many.
constexpr int kBlobCount = 12'000;

std::vector<blob::BlobKey> Fill(MemoryBlobStore& store, int count) {
  std::vector<blob::Blob> batch;
  std::vector<blob::BlobKey> keys;
  for (int i = 0; i < count; ++i) {
    keys.push_back(TestKey(fmt::format("file-{:06}", i)));
    batch.push_back({.key = keys.back(), .bytes = blob::Bytes(fmt::format("{}", i))});
  }
  support::BlockingBlobStore blocking(store);
  Must(blocking.Put(std::move(batch)));
  return keys;
}

class SlotWalkTest : public testing::Test {
 protected:
  static placement::SlotSet Only(placement::Slot slot) { return placement::SlotSet().set(slot); }
  replication::SlotScanPage Scan(replication::SlotScanRequest request) {
    return Must(async::BlockOn(io_.executor(0), ScanSlots(store_, std::move(request), Soon())));
  }
  static std::vector<replication::SlotDigest> Digests(const async::IoPool& io,
                                                      MemoryBlobStore& store) {
    return Must(async::BlockOn(io.executor(0), DigestSlots(store, Soon())));
  }

  MemoryBlobStore store_;
  const async::IoPool io_{1};
};

TEST_F(SlotWalkTest, PagesGiveEveryBlobOfTheSlotOnceAndNoOther) {
  std::vector<blob::BlobKey> expected = Fill(store_, kBlobCount);
  const placement::Slot slot = placement::SlotOf(expected.back());
  std::erase_if(expected, [&](const auto& key) { return placement::SlotOf(key) != slot; });

  std::vector<blob::BlobKey> seen;
  replication::SlotScanRequest request{.slots = Only(slot), .limit = 1};
  for (bool more = true; more;) {
    const replication::SlotScanPage page = Scan(request);
    EXPECT_LE(page.items.size(), 1U);
    for (const blob::ScanItem& item : page.items) seen.push_back(item.key);
    request.after = page.last;
    more = page.more;
  }
  EXPECT_EQ(seen, expected);
}

TEST_F(SlotWalkTest, APageLooksAtSoManyKeysAndTellsHowFarItCame) {
  const std::vector<blob::BlobKey> keys = Fill(store_, kBlobCount);
  std::set<placement::Slot> used;
  for (const blob::BlobKey& key : keys) used.insert(placement::SlotOf(key));
  placement::Slot unused = 0;
  while (used.contains(unused)) ++unused;

  const replication::SlotScanPage first = Scan({.slots = Only(unused)});
  EXPECT_TRUE(first.items.empty());
  EXPECT_TRUE(first.more);
  EXPECT_EQ(first.last, keys[kKeysPerSlotPage - 1]);
  const replication::SlotScanPage second = Scan({.slots = Only(unused), .after = first.last});
  EXPECT_FALSE(second.more);
  EXPECT_EQ(second.last, keys.back());
}

TEST_F(SlotWalkTest, DigestsDependOnWhatIsStoredAndNotOnTheOrder) {
  const std::vector<blob::BlobKey> keys = Fill(store_, 2000);
  MemoryBlobStore other;
  support::BlockingBlobStore blocking(other);
  for (int i = 1999; i > 0; --i) {
    Must(blocking.Put(keys.at(static_cast<std::size_t>(i)), fmt::format("{}", i)));
  }
  const auto all = Digests(io_, store_);
  const auto without_first = Digests(io_, other);
  const placement::Slot slot = placement::SlotOf(keys.front());
  ASSERT_EQ(all.size(), placement::kSlotCount);
  EXPECT_EQ(all.at(slot).blobs, without_first.at(slot).blobs + 1);
  EXPECT_NE(all.at(slot).sum, without_first.at(slot).sum);

  Must(blocking.Put(keys.front(), "0"));
  EXPECT_EQ(Digests(io_, other), all);
}

TEST_F(SlotWalkTest, DigestsTellOtherBytesUnderTheSameName) {
  MemoryBlobStore other;
  Must(support::BlockingBlobStore(store_).Put(TestKey("a"), "one"));
  Must(support::BlockingBlobStore(other).Put(TestKey("a"), "two"));
  EXPECT_NE(Digests(io_, store_), Digests(io_, other));
}

// Other machines have sums of other releases: what is summed must not change.
TEST_F(SlotWalkTest, DigestsAreTheSameInEveryRelease) {
  Must(support::BlockingBlobStore(store_).Put(TestKey("a"), "one"));
  const auto digest = Digests(io_, store_).at(placement::SlotOf(TestKey("a")));
  EXPECT_EQ(digest.blobs, 1U);
  EXPECT_EQ(digest.sum.ToHex(), "797f8ec19db3500b66e9306a19f8c4c8");
}

}  // namespace
}  // namespace tritontube::storage_node
