#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <random>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "support/blocking_blob_store.h"
#include "support/temporary_folder.h"

// What happens to a folder in which bits have turned: each kind of file has its
// outcome, and none of them is wrong bytes or a blob that silently went missing.
namespace tritontube::rocksdb {
namespace {

namespace fs = std::filesystem;
using support::Noise;
using support::TestKey;

const RocksdbOptions kOptions{.free_bytes_min = 0, .reserve_bytes = 1U << 20U};

std::vector<fs::path> FilesEndingWith(const fs::path& folder, std::string_view ending) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().native().ends_with(ending)) {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

void FlipBit(const fs::path& file, std::uint64_t offset) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  const int byte = stream.get();
  stream.seekp(static_cast<std::streamoff>(offset));
  stream.put(static_cast<char>(static_cast<unsigned>(byte) ^ 0x10U));
  ASSERT_TRUE(stream.good()) << file;
}

// Where `bytes` stand in a file; the end when they do not.
std::uint64_t Find(const fs::path& file, const std::string& bytes) {
  std::ifstream stream(file, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(stream), {}};
  return content.find(bytes);
}

class RocksdbDamage : public testing::Test {
 protected:
  // Small and bulk blobs, some still in the log and some flushed to files.
  void Fill() {
    Open();
    for (int i = 0; i < 4; ++i) Store(TestKey(fmt::format("flushed-{}", i)), 300'000);
    Store(TestKey("bulk"), 9U << 20U);
    Open();  // A start flushes what the log held.
    for (int i = 0; i < 4; ++i) Store(TestKey(fmt::format("logged-{}", i)), 50'000);
    Store(TestKey("empty"), 0);
    Close();
  }
  void Store(const blob::BlobKey& key, ByteCount size) {
    const std::string bytes = Noise(size, stored_.size() + 1);
    ASSERT_TRUE(calls_->Put(key, bytes).has_value());
    stored_[key] = bytes;
  }

  Result<void> TryOpen() {
    Close();
    TT_ASSIGN_OR_RETURN(store_, RocksdbBlobStore::Open(folder_.path(), kOptions));
    calls_ = std::make_unique<support::BlockingBlobStore>(*store_);
    return {};
  }
  void Open() {
    const Result<void> opened = TryOpen();
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
  }
  void Close() {
    calls_.reset();
    store_.reset();
  }

  void ExpectRefusalThatNamesRestore() {
    const Result<void> opened = TryOpen();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code(), ErrorCode::kDataLoss);
    EXPECT_NE(opened.error().message().find("tritontube restore"), std::string::npos);
  }
  // Counts the blobs that are damaged; every other one must be whole.
  int CountDamaged() {
    int damaged = 0;
    for (const auto& [key, bytes] : stored_) {
      const Result<std::string> read = calls_->Read(key);
      if (read.has_value()) {
        EXPECT_TRUE(*read == bytes) << blob::ToText(key);
      } else {
        EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt) << read.error().message();
        ++damaged;
      }
    }
    return damaged;
  }
  std::vector<blob::BlobKey> KnownToBeDamaged() {
    const async::IoPool pool(1);
    return async::BlockOn(pool.executor(0), store_->Damaged(Deadline::Never())).value();
  }
  void ExpectThatItStillTakesAndRemoves() {
    EXPECT_TRUE(calls_->Put(TestKey("new", 2), Noise(100'000, 77)).has_value());
    EXPECT_TRUE(calls_->Put(TestKey("new-bulk", 2), Noise(9U << 20U, 78)).has_value());
    EXPECT_TRUE(calls_->Read(TestKey("new", 2)) == Noise(100'000, 77));
    EXPECT_TRUE(calls_->RemoveUpload(TestKey("").video, TestKey("").upload).has_value());
    for (const auto& [key, bytes] : stored_) {
      EXPECT_EQ(calls_->Read(key).error().code(), ErrorCode::kNotFound);
    }
    EXPECT_TRUE(calls_->Read(TestKey("new-bulk", 2)).has_value());
  }

  support::TemporaryFolder folder_;
  std::map<blob::BlobKey, std::string> stored_;
  std::unique_ptr<RocksdbBlobStore> store_;
  std::unique_ptr<support::BlockingBlobStore> calls_;
};

TEST_F(RocksdbDamage, ADamagedBlobIsRefusedAndItsNeighboursAreServed) {
  Fill();
  const std::string victim = stored_[TestKey("bulk")].substr(5U << 20U, 100);
  for (const fs::path& file : FilesEndingWith(folder_.path(), ".blob")) {
    const std::uint64_t offset = Find(file, victim);
    if (offset != std::string::npos) FlipBit(file, offset);
  }
  Open();
  EXPECT_EQ(CountDamaged(), 1);
  EXPECT_EQ(CountDamaged(), 1);
  EXPECT_EQ(calls_->Status()->corrupt_count, 1U) << "counted once, however often it is read";

  // The undamaged records of the blob are served on.
  const blob::ByteRange start{.offset = 0, .length = 1U << 20U};
  EXPECT_TRUE(calls_->GetRange(TestKey("bulk"), start).has_value());
  EXPECT_EQ(calls_->Scan()->items.size(), stored_.size());
  ExpectThatItStillTakesAndRemoves();
}

TEST_F(RocksdbDamage, PuttingTheSameBytesAgainHealsADamagedBlob) {
  Fill();
  const std::string victim = stored_[TestKey("bulk")].substr(5U << 20U, 100);
  for (const fs::path& file : FilesEndingWith(folder_.path(), ".blob")) {
    const std::uint64_t offset = Find(file, victim);
    if (offset != std::string::npos) FlipBit(file, offset);
  }
  Open();
  EXPECT_EQ(CountDamaged(), 1);
  EXPECT_EQ(KnownToBeDamaged(), std::vector{TestKey("bulk")});
  EXPECT_TRUE(calls_->Put(TestKey("bulk"), stored_[TestKey("bulk")]).has_value());
  EXPECT_EQ(CountDamaged(), 0);
  EXPECT_TRUE(KnownToBeDamaged().empty());
  Open();
  EXPECT_EQ(CountDamaged(), 0);
}

TEST_F(RocksdbDamage, WhatSomebodyElseHasFoundDamagedIsWrittenAnewWhenItIsPutAgain) {
  Fill();
  Open();
  store_->MarkDamaged(TestKey("bulk"), "a disk that does not give it");
  EXPECT_EQ(KnownToBeDamaged(), std::vector{TestKey("bulk")});
  EXPECT_TRUE(calls_->Put(TestKey("bulk"), stored_[TestKey("bulk")]).has_value());
  EXPECT_TRUE(KnownToBeDamaged().empty());
  EXPECT_EQ(CountDamaged(), 0);
}

TEST_F(RocksdbDamage, WhatIsNotStoredIsNotDamaged) {
  Fill();
  Open();
  store_->MarkDamaged(TestKey("nowhere"), "met before it was removed");
  EXPECT_TRUE(KnownToBeDamaged().empty());
}

// The log is the only place of the last small batches. Skipping over damage in
// it would lose acknowledged blobs without a word.
TEST_F(RocksdbDamage, ADamagedLogIsRefused) {
  Fill();
  const std::string victim = stored_[TestKey("logged-1")].substr(1000, 100);
  int found = 0;
  for (const fs::path& file : FilesEndingWith(folder_.path(), ".log")) {
    const std::uint64_t offset = Find(file, victim);
    if (offset == std::string::npos) continue;
    FlipBit(file, offset);
    ++found;
  }
  ASSERT_EQ(found, 1);
  ExpectRefusalThatNamesRestore();
}

TEST_F(RocksdbDamage, ALogCutShortAtItsEndLosesNothingBeforeTheCut) {
  Fill();
  const fs::path log = FilesEndingWith(folder_.path(), ".log").back();
  fs::resize_file(log, fs::file_size(log) - 10);
  Open();
  // The last record was the empty blob's: it goes as a whole, as if it had
  // never been put.
  EXPECT_EQ(calls_->Read(TestKey("empty")).error().code(), ErrorCode::kNotFound);
  stored_.erase(TestKey("empty"));
  EXPECT_EQ(CountDamaged(), 0);
}

TEST_F(RocksdbDamage, ADamagedManifestIsRefused) {
  Fill();
  for (const auto& entry : fs::directory_iterator(folder_.path() / "db")) {
    const std::string name = entry.path().filename();
    if (name.starts_with("MANIFEST")) FlipBit(entry.path(), entry.file_size() / 2);
  }
  ExpectRefusalThatNamesRestore();
}

TEST_F(RocksdbDamage, AMissingFileIsRefused) {
  Fill();
  fs::remove(FilesEndingWith(folder_.path(), ".sst").front());
  ExpectRefusalThatNamesRestore();
}

// RocksDB would begin anew beside what is there, and delete it.
TEST_F(RocksdbDamage, AFolderWithoutTheNameOfItsManifestIsRefusedHoweverOften) {
  Fill();
  fs::remove(folder_.path() / "db" / "CURRENT");
  ExpectRefusalThatNamesRestore();
  ExpectRefusalThatNamesRestore();
  EXPECT_TRUE(RocksdbBlobStore::IsMade(folder_.path()).value());
}

// Any bit of any table: either the folder is refused, or every blob is whole or
// known to be damaged until it is put again, and the store goes on working.
TEST_F(RocksdbDamage, NoBitOfATableMakesABlobVanishOrChange) {
  Fill();
  constexpr std::uint64_t kSeed = 20261122;
  RecordProperty("seed", std::to_string(kSeed));
  std::mt19937_64 random(kSeed);
  const support::TemporaryFolder pristine;
  fs::copy(folder_.path(), pristine.path(), fs::copy_options::recursive);
  int refused = 0;
  int damaged = 0;
  for (int round = 0; round < 40; ++round) {
    Close();
    fs::remove_all(folder_.path() / "db");
    fs::copy(pristine.path() / "db", folder_.path() / "db", fs::copy_options::recursive);
    const std::vector<fs::path> tables = FilesEndingWith(folder_.path(), ".sst");
    const fs::path& table = tables[random() % tables.size()];
    FlipBit(table, random() % fs::file_size(table));
    const Result<void> opened = TryOpen();
    if (!opened) {
      EXPECT_EQ(opened.error().code(), ErrorCode::kDataLoss) << opened.error().message();
      ++refused;
      continue;
    }
    damaged += CountDamaged() > 0 ? 1 : 0;
    // Also one of which nothing is known any more, because its head is damaged.
    for (const auto& [key, bytes] : stored_) {
      EXPECT_TRUE(calls_->Put(key, bytes).has_value()) << blob::ToText(key);
    }
    EXPECT_EQ(CountDamaged(), 0);
    EXPECT_TRUE(KnownToBeDamaged().empty());
    EXPECT_TRUE(calls_->Put(TestKey("new", 2), Noise(100'000, 77)).has_value());
    EXPECT_TRUE(calls_->Put(TestKey("new-bulk", 2), Noise(9U << 20U, 78)).has_value());
    EXPECT_TRUE(calls_->Read(TestKey("new-bulk", 2)).has_value());
  }
  EXPECT_GT(refused + damaged, 0) << "no flip was noticed at all";
}

// Rewriting a blob file reads it whole, and must get past what is damaged.
TEST_F(RocksdbDamage, SpaceComesBackAlthoughANeighbourIsDamaged) {
  Open();
  for (int i = 0; i < 8; ++i) {
    Store(TestKey(fmt::format("gone-{}", i), 1, 1), 1U << 20U);
    Store(TestKey(fmt::format("kept-{}", i), 1, 2), 1U << 20U);
  }
  Open();
  const blob::BlobKey victim = TestKey("kept-3", 1, 2);
  Close();
  for (const fs::path& file : FilesEndingWith(folder_.path(), ".blob")) {
    const std::uint64_t offset = Find(file, stored_[victim].substr(500'000, 100));
    if (offset != std::string::npos) FlipBit(file, offset);
  }
  Open();
  ASSERT_TRUE(calls_->RemoveUpload(TestKey("").video, TestKey("").upload).has_value());
  std::erase_if(stored_, [](const auto& blob) { return blob.first.file.starts_with("gone"); });
  store_->WaitUntilSpaceIsBack();
  EXPECT_LT(calls_->Status()->stored_bytes, 9U << 20U);
  EXPECT_EQ(CountDamaged(), 1);
  EXPECT_EQ(calls_->Read(victim).error().code(), ErrorCode::kCorrupt);
  EXPECT_TRUE(calls_->Put(TestKey("new", 2), "bytes").has_value());
}

TEST_F(RocksdbDamage, AFolderOfANewerReleaseIsRefused) {
  Fill();
  std::ofstream(folder_.path() / "format") << "tritontube blobs 2\n";
  const Result<void> opened = TryOpen();
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_NE(opened.error().message().find("newer release"), std::string::npos);
  EXPECT_NE(opened.error().message().find("tritontube restore"), std::string::npos);
}

TEST_F(RocksdbDamage, AFolderWithoutItsFormatOrWithADamagedOneIsRefused) {
  Fill();
  std::ofstream(folder_.path() / "format") << "tritontube bl";
  ExpectRefusalThatNamesRestore();
  fs::remove(folder_.path() / "format");
  ExpectRefusalThatNamesRestore();
}

TEST_F(RocksdbDamage, AFolderInUseIsRefused) {
  Open();
  const auto second = RocksdbBlobStore::Open(folder_.path(), kOptions);
  ASSERT_FALSE(second.has_value());
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_NE(second.error().message().find("in use"), std::string::npos);
}

TEST_F(RocksdbDamage, AFolderThatCannotBeMadeIsUnavailable) {
  std::ofstream(folder_.path() / "file") << "x";
  const auto opened = RocksdbBlobStore::Open(folder_.path() / "file", kOptions);
  ASSERT_FALSE(opened.has_value());
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace tritontube::rocksdb
