#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <atomic>
#include <limits>
#include <memory>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "support/blocking_blob_store.h"
#include "support/temporary_folder.h"

// What the store does when the disk refuses to write.
namespace tritontube::rocksdb {
namespace {

namespace rdb = ::rocksdb;
using support::Noise;
using support::TestKey;

enum class Fault : std::uint8_t {
  kNone,
  kNoSpaceOnWrite,
  kNoSpaceOnSync,
  kErrorOnWrite,
  kErrorOnSync
};

// The real disk until told otherwise.
class FaultyFileSystem final : public rdb::FileSystemWrapper {
 public:
  FaultyFileSystem() : rdb::FileSystemWrapper(rdb::FileSystem::Default()) {}

  void Set(Fault fault) { fault_ = fault; }
  // From now on so many bytes can be written before the disk is full.
  void SetRoom(std::int64_t bytes) {
    room_ = bytes;
    has_room_bound_ = true;
  }
  void SetUnboundedRoom() { has_room_bound_ = false; }
  // So many tables more can be written, whatever else can.
  void SetTablesThatFit(int count) { tables_that_fit_ = count; }
  void WaitUntilATableDoesNotFit() {
    for (int left = tables_that_fit_; left >= 0; left = tables_that_fit_)
      tables_that_fit_.wait(left);
  }

  const char* Name() const override { return "FaultyFileSystem"; }
  rdb::IOStatus NewWritableFile(const std::string& name, const rdb::FileOptions& options,
                                std::unique_ptr<rdb::FSWritableFile>* result,
                                rdb::IODebugContext* context) override;

  rdb::IOStatus OnWrite(std::size_t size) {
    if (fault_ == Fault::kNoSpaceOnWrite) return rdb::IOStatus::NoSpace("no space (injected)");
    if (fault_ == Fault::kErrorOnWrite) return rdb::IOStatus::IOError("EIO (injected)");
    if (!has_room_bound_) return rdb::IOStatus::OK();
    room_ -= static_cast<std::int64_t>(size);
    if (room_ < 0) {
      return rdb::IOStatus::NoSpace("no space (injected)");
    }
    return rdb::IOStatus::OK();
  }
  rdb::IOStatus OnSync() {
    if (fault_ == Fault::kNoSpaceOnSync) return rdb::IOStatus::NoSpace("no space (injected)");
    if (fault_ == Fault::kErrorOnSync) return rdb::IOStatus::IOError("EIO (injected)");
    return rdb::IOStatus::OK();
  }

 private:
  std::atomic<Fault> fault_ = Fault::kNone;
  std::atomic<std::int64_t> room_ = 0;
  std::atomic<bool> has_room_bound_ = false;
  std::atomic<int> tables_that_fit_ = std::numeric_limits<int>::max();
};

// A file on a part of the disk that has no room.
class FileWithoutRoom final : public rdb::FSWritableFileOwnerWrapper {
 public:
  using FSWritableFileOwnerWrapper::FSWritableFileOwnerWrapper;

  rdb::IOStatus Append(const rdb::Slice& /*data*/, const rdb::IOOptions& /*options*/,
                       rdb::IODebugContext* /*context*/) override {
    return NoSpace();
  }
  rdb::IOStatus Append(const rdb::Slice& /*data*/, const rdb::IOOptions& /*options*/,
                       const rdb::DataVerificationInfo& /*info*/,
                       rdb::IODebugContext* /*context*/) override {
    return NoSpace();
  }
  rdb::IOStatus Allocate(std::uint64_t /*offset*/, std::uint64_t /*size*/,
                         const rdb::IOOptions& /*options*/,
                         rdb::IODebugContext* /*context*/) override {
    return NoSpace();
  }

 private:
  static rdb::IOStatus NoSpace() { return rdb::IOStatus::NoSpace("no space (injected)"); }
};

class FaultyFile final : public rdb::FSWritableFileOwnerWrapper {
 public:
  FaultyFile(std::unique_ptr<rdb::FSWritableFile>&& file, FaultyFileSystem& disk)
      : rdb::FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}

  // A refused write leaves a part behind, as a disk that fills up does.
  rdb::IOStatus Append(const rdb::Slice& data, const rdb::IOOptions& options,
                       rdb::IODebugContext* context) override {
    const rdb::IOStatus status = disk_.OnWrite(data.size());
    if (status.ok()) return FSWritableFileOwnerWrapper::Append(data, options, context);
    const rdb::IOStatus part = FSWritableFileOwnerWrapper::Append(
        rdb::Slice(data.data(), data.size() / 2), options, context);
    return part.ok() ? status : part;
  }
  rdb::IOStatus Append(const rdb::Slice& data, const rdb::IOOptions& options,
                       const rdb::DataVerificationInfo& /*info*/,
                       rdb::IODebugContext* context) override {
    return Append(data, options, context);
  }
  rdb::IOStatus Sync(const rdb::IOOptions& options, rdb::IODebugContext* context) override {
    const rdb::IOStatus status = disk_.OnSync();
    return status.ok() ? FSWritableFileOwnerWrapper::Sync(options, context) : status;
  }
  rdb::IOStatus Fsync(const rdb::IOOptions& options, rdb::IODebugContext* context) override {
    const rdb::IOStatus status = disk_.OnSync();
    return status.ok() ? FSWritableFileOwnerWrapper::Fsync(options, context) : status;
  }

 private:
  FaultyFileSystem& disk_;
};

rdb::IOStatus FaultyFileSystem::NewWritableFile(const std::string& name,
                                                const rdb::FileOptions& options,
                                                std::unique_ptr<rdb::FSWritableFile>* result,
                                                rdb::IODebugContext* context) {
  rdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, result, context);
  if (!status.ok()) return status;
  const bool fits = !name.ends_with(".sst") || --tables_that_fit_ >= 0;
  tables_that_fit_.notify_all();
  if (!fits) {
    *result = std::make_unique<FileWithoutRoom>(std::move(*result));
  } else {
    *result = std::make_unique<FaultyFile>(std::move(*result), *this);
  }
  return status;
}

class RocksdbDiskFault : public testing::Test {
 protected:
  RocksdbDiskFault() { Open(); }

  void Open() {
    calls_.reset();
    store_.reset();
    auto opened = RocksdbBlobStore::Open(
        folder_.path(), {.free_bytes_min = 0, .reserve_bytes = 1U << 20U, .env = env_.get()});
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    store_ = *std::move(opened);
    calls_ = std::make_unique<support::BlockingBlobStore>(*store_);
  }
  ErrorCode PutCode(const std::string& file, ByteCount size) {
    const Result<void> put = calls_->Put(TestKey(file), Noise(size, size));
    return put ? ErrorCode{} : put.error().code();
  }
  bool IsWhole(const std::string& file, ByteCount size) {
    return calls_->Read(TestKey(file)) == Noise(size, size);
  }

  static constexpr ByteCount kSmall = 50'000;
  static constexpr ByteCount kBulk = ByteCount{9} << 20U;

  support::TemporaryFolder folder_;
  const std::shared_ptr<FaultyFileSystem> disk_ = std::make_shared<FaultyFileSystem>();
  const std::unique_ptr<rdb::Env> env_ = rdb::NewCompositeEnv(disk_);
  std::unique_ptr<RocksdbBlobStore> store_;
  std::unique_ptr<support::BlockingBlobStore> calls_;
};

class RocksdbFullDisk : public RocksdbDiskFault,
                        public testing::WithParamInterface<std::pair<Fault, ByteCount>> {};

TEST_P(RocksdbFullDisk, ReadsGoOnAndPutsComeBackWithTheRoom) {
  const auto [fault, size] = GetParam();
  ASSERT_EQ(PutCode("before", kSmall), ErrorCode{});
  ASSERT_EQ(PutCode("bulk-before", kBulk), ErrorCode{});

  disk_->Set(fault);
  EXPECT_EQ(PutCode("refused", size), ErrorCode::kResourceExhausted);
  EXPECT_EQ(PutCode("refused-again", size), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(IsWhole("before", kSmall));
  EXPECT_TRUE(IsWhole("bulk-before", kBulk));
  EXPECT_TRUE(calls_->Status()->read_only);

  disk_->Set(Fault::kNone);
  EXPECT_EQ(PutCode("refused", size), ErrorCode{});
  EXPECT_EQ(PutCode("after", kSmall), ErrorCode{});
  EXPECT_FALSE(calls_->Status()->read_only);
  for (int start = 0; start < 2; ++start) {
    EXPECT_TRUE(IsWhole("before", kSmall));
    EXPECT_TRUE(IsWhole("bulk-before", kBulk));
    EXPECT_TRUE(IsWhole("refused", size));
    EXPECT_TRUE(IsWhole("after", kSmall));
    Open();
  }
}

INSTANTIATE_TEST_SUITE_P(Rocksdb, RocksdbFullDisk,
                         testing::Values(std::pair(Fault::kNoSpaceOnWrite, ByteCount{50'000}),
                                         std::pair(Fault::kNoSpaceOnWrite, ByteCount{9} << 20U),
                                         std::pair(Fault::kNoSpaceOnSync, ByteCount{50'000}),
                                         std::pair(Fault::kNoSpaceOnSync, ByteCount{9} << 20U)));

// The room of the reserve is enough for deleting, and deleting for putting.
TEST_F(RocksdbDiskFault, AFullDiskCanStillDelete) {
  ASSERT_EQ(PutCode("bulk-before", kBulk), ErrorCode{});
  disk_->SetRoom(0);
  EXPECT_EQ(PutCode("refused", kSmall), ErrorCode::kResourceExhausted);
  disk_->SetRoom(1 << 20);
  EXPECT_TRUE(calls_->RemoveUpload(TestKey("").video, TestKey("").upload).has_value());
  store_->WaitUntilSpaceIsBack();
  EXPECT_LT(calls_->Status()->stored_bytes, kSmall);
  disk_->SetUnboundedRoom();
  EXPECT_EQ(PutCode("bulk-before", kBulk), ErrorCode{});
}

// What a compaction makes of removed blobs is a table with nothing in it.
TEST_F(RocksdbDiskFault, ADiskWithoutRoomForAnEmptyTableEndsNoProcess) {
  ASSERT_EQ(PutCode("before", kSmall), ErrorCode{});
  disk_->SetTablesThatFit(1);  // The one that says what is removed.
  EXPECT_TRUE(calls_->RemoveUpload(TestKey("").video, TestKey("").upload).has_value());
  disk_->WaitUntilATableDoesNotFit();
  disk_->SetTablesThatFit(1000);
  store_->WaitUntilSpaceIsBack();
  EXPECT_EQ(PutCode("after", kSmall), ErrorCode{});
  EXPECT_TRUE(IsWhole("after", kSmall));
}

TEST_F(RocksdbDiskFault, TooLittleFreeSpaceRefusesPutsBeforeTheDiskIsFull) {
  calls_.reset();
  store_.reset();
  const auto opened = RocksdbBlobStore::Open(
      folder_.path(), {.free_bytes_min = ByteCount{1} << 60U, .reserve_bytes = 1U << 20U});
  ASSERT_TRUE(opened.has_value());
  support::BlockingBlobStore calls(**opened);
  EXPECT_EQ(calls.Put(TestKey("a"), "1").error().code(), ErrorCode::kResourceExhausted);
  EXPECT_TRUE(calls.Status()->read_only);
  EXPECT_TRUE(calls.RemoveUpload(TestKey("").video, TestKey("").upload).has_value());
}

using RocksdbDiskFaultDeathTest = RocksdbDiskFault;

// Going on after a failed fsync would acknowledge what the kernel has dropped.
TEST_F(RocksdbDiskFaultDeathTest, AFailedWriteOrSyncEndsTheProcess) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const Fault fault : {Fault::kErrorOnWrite, Fault::kErrorOnSync}) {
    for (const ByteCount size : {kSmall, kBulk}) {
      EXPECT_EXIT(
          {
            disk_->Set(fault);
            PutCode("a", size);
          },
          testing::ExitedWithCode(74), "");
    }
  }
}

}  // namespace
}  // namespace tritontube::rocksdb
