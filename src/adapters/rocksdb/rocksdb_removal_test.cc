#include <gtest/gtest.h>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "support/blocking_blob_store.h"
#include "support/must.h"
#include "support/temporary_folder.h"

namespace tritontube::rocksdb {
namespace {

using support::CodeOf;
using support::Must;
using support::TestKey;

class RocksdbRemovalTest : public testing::Test {
 protected:
  RocksdbRemovalTest() { Open(); }

  void Open() {
    store_.reset();
    store_ = Must(RocksdbBlobStore::Open(folder_.path() / "blobs",
                                         {.free_bytes_min = 0, .reserve_bytes = 1U << 20U}));
  }
  void Put(std::string file, std::string bytes) {
    Must(support::BlockingBlobStore(*store_).Put(TestKey(std::move(file)), std::move(bytes)));
  }
  Result<std::string> Read(std::string file) {
    return support::BlockingBlobStore(*store_).Read(TestKey(std::move(file)));
  }
  void Remove(std::vector<blob::BlobKey> keys) {
    const async::IoPool io(1);
    Must(async::BlockOn(io.executor(0), store_->Remove(std::move(keys),
                                                       Deadline::After(std::chrono::seconds(60)))));
  }
  void RemoveMuch() {
    Put("stays", std::string(1000, 'y'));
    std::vector<blob::BlobKey> keys;
    for (std::uint64_t i = 0; i < 8; ++i) {
      keys.push_back(TestKey(fmt::format("{}", i)));
      Put(keys.back().file, support::Noise(1U << 20U, i));
    }
    Remove(std::move(keys));
  }

  support::TemporaryFolder folder_;
  std::unique_ptr<RocksdbBlobStore> store_;
};

TEST_F(RocksdbRemovalTest, OnlyTheNamedBlobsOfAnUploadGoAndStayAway) {
  const std::string large(1U << 20U, 'x');
  Put("a", large);
  Put("ab", "its name begins like the other");
  Put("b", large);
  Put("c", "stays");
  Remove({TestKey("a"), TestKey("b"), TestKey("never-stored")});
  for (int life = 0; life < 2; ++life) {
    EXPECT_EQ(CodeOf(Read("a")), ErrorCode::kNotFound);
    EXPECT_EQ(CodeOf(Read("b")), ErrorCode::kNotFound);
    EXPECT_EQ(Must(Read("ab")), "its name begins like the other");
    EXPECT_EQ(Must(Read("c")), "stays");
    Open();
  }
}

TEST_F(RocksdbRemovalTest, WhatWasRemovedCanBePutAgain) {
  Put("a", "bytes");
  Remove({TestKey("a")});
  Put("a", "bytes");
  EXPECT_EQ(Must(Read("a")), "bytes");
}

// With a restart at once, too: what is left to do is known then.
TEST_F(RocksdbRemovalTest, TheDiskHasItsSpaceBack) {
  for (const bool restarts : {false, true}) {
    RemoveMuch();
    if (restarts) Open();
    store_->WaitUntilSpaceIsBack();
    const async::IoPool io(1);
    EXPECT_LT(Must(async::BlockOn(io.executor(0),
                                  store_->GarbageBytes(Deadline::After(std::chrono::seconds(60))))),
              1U << 20U);
  }
}

}  // namespace
}  // namespace tritontube::rocksdb
