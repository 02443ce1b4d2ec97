#include "core/blob/conformance_suite.h"
#include "support/memory_blob_store.h"

namespace tritontube::blob {
namespace {

class MemoryUnderTest final : public StoreUnderTest {
 public:
  BlobStore& store() override { return store_; }

 private:
  support::MemoryBlobStore store_;
};

INSTANTIATE_TEST_SUITE_P(Memory, BlobStoreConformance,
                         testing::Values(ConformanceEngine{
                             .name = "Memory",
                             .make = [] { return std::make_unique<MemoryUnderTest>(); },
                             .boundaries = {}}));

// The faults that tests of others rely on.
class MemoryBlobStoreFaults : public testing::Test {
 protected:
  using Operation = support::MemoryBlobStore::Operation;

  Result<void> Put(Deadline deadline = Deadline::Never()) {
    std::vector<Blob> batch;
    batch.push_back({.key = key_, .bytes = Bytes(std::string("bytes"))});
    return async::BlockOn(pool_.executor(0), store_.Put(std::move(batch), deadline));
  }
  Result<Bytes> Get() {
    return async::BlockOn(pool_.executor(0), store_.GetWhole(key_, Deadline::Never()));
  }

  support::MemoryBlobStore store_;
  const BlobKey key_{.video = *VideoId::Parse("video-00001"),
                     .upload = *UploadId::Parse("uplod-00001"),
                     .file = "a"};
  async::IoPool pool_{1};
};

TEST_F(MemoryBlobStoreFaults, FailAsOftenAsTheyAreTold) {
  store_.FailNext(Operation::kPut, Error(ErrorCode::kUnavailable, "gone"), 2);
  EXPECT_EQ(Put().error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(Put().error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(Put().has_value());
  EXPECT_EQ(store_.call_count(Operation::kPut), 3U);
}

TEST_F(MemoryBlobStoreFaults, AFullStoreTakesNothingUntilThereIsRoom) {
  store_.SetFull(true);
  EXPECT_EQ(Put().error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(store_.blob_count(), 0U);
  store_.SetFull(false);
  EXPECT_TRUE(Put().has_value());
}

TEST_F(MemoryBlobStoreFaults, ACorruptBlobIsNeverServed) {
  ASSERT_TRUE(Put().has_value());
  store_.Corrupt(key_);
  EXPECT_EQ(Get().error().code(), ErrorCode::kCorrupt);
}

TEST_F(MemoryBlobStoreFaults, ADelayEndsAtTheDeadline) {
  store_.Delay(Operation::kPut, std::chrono::hours(1));
  EXPECT_EQ(Put(Deadline::After(std::chrono::milliseconds(1))).error().code(),
            ErrorCode::kDeadlineExceeded);
  store_.Delay(Operation::kPut, std::chrono::milliseconds(1));
  EXPECT_TRUE(Put().has_value());
}

}  // namespace
}  // namespace tritontube::blob
