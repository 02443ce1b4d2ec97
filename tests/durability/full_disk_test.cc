#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <map>
#include <random>
#include <thread>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "adapters/sqlite/sqlite_coordination.h"
#include "durability/small_disk.h"
#include "support/blocking_blob_store.h"

// Both stores on a disk that somebody else fills to the last byte, again and
// again, at random moments: nothing that was acknowledged is lost or changed,
// deleting always works, and everything works again when there is room.
namespace tritontube::durability {
namespace {

using Clock = std::chrono::steady_clock;
using coordination::Operation;

constexpr ByteCount kDiskBytes = ByteCount{1536} << 20U;
constexpr int kEpisodes = 12;

std::uint64_t Seed() {
  const char* const given = std::getenv("TRITONTUBE_TEST_SEED");
  return given == nullptr ? std::random_device{}() : std::strtoull(given, nullptr, 10);
}

// Both stores, as `serve` opens them. Calls block.
class Stores {
 public:
  explicit Stores(std::filesystem::path data) : data_(std::move(data)) { Open(); }

  void Reopen() {
    Close();
    Open();
  }
  rocksdb::RocksdbBlobStore& blobs() { return *blobs_; }

  Result<void> Commit(Operation operation) {
    std::optional<Result<coordination::TxnAnswer>> answer;
    async::BlockOn(io_.executor(0), CommitInto(*coordination_, std::move(operation), answer));
    if (!*answer) return std::unexpected(answer->error());
    return {};
  }
  Result<std::optional<std::string>> Get(const std::string& key) {
    std::optional<Result<coordination::GetAnswer>> answer;
    async::BlockOn(io_.executor(0), GetInto(*coordination_, key, answer));
    if (!*answer) return std::unexpected(answer->error());
    if (!(*answer)->item) return std::nullopt;
    return (*answer)->item->value;
  }

 private:
  static Deadline Soon() { return Deadline::After(std::chrono::minutes(1)); }
  static async::Task<void> CommitInto(coordination::Coordination& engine, Operation operation,
                                      std::optional<Result<coordination::TxnAnswer>>& answer) {
    coordination::Txn txn{.compares = {}, .then = {}};
    txn.then.push_back(std::move(operation));
    answer = co_await engine.Commit(std::move(txn), Soon());
  }
  static async::Task<void> GetInto(coordination::Coordination& engine, std::string key,
                                   std::optional<Result<coordination::GetAnswer>>& answer) {
    answer = co_await engine.Get(std::move(key), Soon());
  }

  void Close() {
    blobs_.reset();
    coordination_.reset();
  }
  void Open() {
    auto coordination = sqlite::SqliteCoordination::Open(data_ / "coordination");
    auto blobs = rocksdb::RocksdbBlobStore::Open(data_ / "blobs", {.free_bytes_min = 64U << 20U});
    ASSERT_TRUE(coordination.has_value()) << coordination.error().message();
    ASSERT_TRUE(blobs.has_value()) << blobs.error().message();
    coordination_ = *std::move(coordination);
    blobs_ = *std::move(blobs);
  }

  const std::filesystem::path data_;
  async::IoPool io_{1};
  std::unique_ptr<sqlite::SqliteCoordination> coordination_;
  std::unique_ptr<rocksdb::RocksdbBlobStore> blobs_;
};

// Puts, reads and removes blobs under uploads of its own, and knows what must be
// there.
class BlobUser {
 public:
  BlobUser(int number, std::uint64_t seed) : number_(number), random_(seed) {}

  void Step(rocksdb::RocksdbBlobStore& store) {
    support::BlockingBlobStore calls(store);
    const std::uint64_t kind = random_() % 10;
    if (kind < 6 && stored_bytes_ < kStoredBytesMax) {
      Put(calls);
    } else if (kind < 9) {
      ReadOne(calls);
    } else {
      Remove(calls);
    }
  }
  void ExpectAllWhole(rocksdb::RocksdbBlobStore& store) {
    support::BlockingBlobStore calls(store);
    for (const auto& [key, seed] : sizes_and_seeds_) ExpectWhole(calls, key);
  }
  int refused() const { return refused_; }
  int stored() const { return stored_; }
  int removed() const { return removed_; }

 private:
  static constexpr ByteCount kStoredBytesMax = ByteCount{80} << 20U;

  void Put(support::BlockingBlobStore& calls) {
    const bool bulk = random_() % 10 == 0;
    const ByteCount size = bulk ? ByteCount{8} << 20U : 1 + random_() % 400'000;
    const std::uint64_t seed = random_();
    const blob::BlobKey key = support::TestKey(fmt::format("f{}", next_file_++), number_, upload_);
    const Result<void> put = calls.Put(key, support::Noise(size, seed));
    if (put) {
      sizes_and_seeds_[key] = {size, seed};
      stored_bytes_ += size;
      ++stored_;
      return;
    }
    EXPECT_EQ(put.error().code(), ErrorCode::kResourceExhausted) << put.error().message();
    ++refused_;
  }
  void ReadOne(support::BlockingBlobStore& calls) {
    if (sizes_and_seeds_.empty()) return;
    const auto offset = static_cast<std::ptrdiff_t>(random_() % sizes_and_seeds_.size());
    ExpectWhole(calls, std::next(sizes_and_seeds_.begin(), offset)->first);
  }
  void Remove(support::BlockingBlobStore& calls) {
    const blob::BlobKey any = support::TestKey("", number_, upload_);
    const Result<void> removed = calls.RemoveUpload(any.video, any.upload);
    EXPECT_TRUE(removed.has_value()) << "deleting failed: " << removed.error().message();
    for (const auto& [key, seed] : sizes_and_seeds_) {
      const auto read = calls.Read(key);
      EXPECT_EQ(read.has_value() ? ErrorCode{} : read.error().code(), ErrorCode::kNotFound);
    }
    sizes_and_seeds_.clear();
    stored_bytes_ = 0;
    ++upload_;
    ++removed_;
  }
  void ExpectWhole(support::BlockingBlobStore& calls, const blob::BlobKey& key) {
    const auto [size, seed] = sizes_and_seeds_.at(key);
    const Result<std::string> read = calls.Read(key);
    ASSERT_TRUE(read.has_value()) << blob::ToText(key) << ": " << read.error().message();
    EXPECT_TRUE(*read == support::Noise(size, seed)) << blob::ToText(key) << " has other bytes";
  }

  const int number_;
  std::mt19937_64 random_;
  std::map<blob::BlobKey, std::pair<ByteCount, std::uint64_t>> sizes_and_seeds_;
  ByteCount stored_bytes_ = 0;
  int upload_ = 1;
  int next_file_ = 0;
  int stored_ = 0;
  int refused_ = 0;
  int removed_ = 0;
};

// Commits, reads and deletes keys, and knows their values.
class KeyUser {
 public:
  explicit KeyUser(std::uint64_t seed) : random_(seed) {}

  void Step(Stores& stores) {
    const std::string key = fmt::format("key-{}", random_() % 200);
    const std::uint64_t kind = random_() % 10;
    if (kind < 5) {
      Put(stores, key);
    } else if (kind < 8) {
      ExpectKept(stores, key);
    } else {
      const Result<void> deleted = stores.Commit(Operation::Delete(key));
      EXPECT_TRUE(deleted.has_value()) << "deleting failed: " << deleted.error().message();
      if (deleted) values_.erase(key);
    }
  }
  void ExpectAllKept(Stores& stores) {
    for (int i = 0; i < 200; ++i) ExpectKept(stores, fmt::format("key-{}", i));
  }
  int committed() const { return committed_; }

 private:
  void Put(Stores& stores, const std::string& key) {
    std::string value = support::Noise(random_() % 20'000, random_());
    const Result<void> put = stores.Commit(Operation::Put(key, value));
    if (put) {
      values_[key] = std::move(value);
      ++committed_;
      return;
    }
    EXPECT_EQ(put.error().code(), ErrorCode::kResourceExhausted) << put.error().message();
  }
  void ExpectKept(Stores& stores, const std::string& key) {
    const auto value = stores.Get(key);
    ASSERT_TRUE(value.has_value()) << value.error().message();
    const auto kept = values_.find(key);
    EXPECT_TRUE(*value == (kept == values_.end() ? std::nullopt : std::optional(kept->second)))
        << key;
  }

  std::mt19937_64 random_;
  std::map<std::string, std::string> values_;
  int committed_ = 0;
};

class FullDisk : public testing::Test {
 protected:
  void SetUp() override {
    disk_ = SmallDisk::Mount(kDiskBytes);
    if (!disk_) GTEST_SKIP() << "neither ext4 nor tmpfs can be mounted here: needs root";
    fmt::print("the disk is {}\nseed {} (TRITONTUBE_TEST_SEED)\n", disk_->kind(), seed_);
    std::fflush(stdout);
    random_.seed(seed_);
    stores_ = std::make_unique<Stores>(disk_->path());
  }
  void TearDown() override { stores_.reset(); }

  // Runs `step` in a thread until `stop_`.
  template <typename Step>
  std::jthread Repeatedly(Step step) {
    return std::jthread([this, step] {
      while (!stop_ && !HasFailure()) step();
    });
  }
  void Rest(int milliseconds_max) {
    // lint: the moment at which the disk fills is what is random here.
    std::this_thread::sleep_for(
        std::chrono::milliseconds(50 + random_() % static_cast<std::uint64_t>(milliseconds_max)));
  }
  // A put succeeds within ten seconds.
  void ExpectRecovery(int episode) {
    support::BlockingBlobStore calls(stores_->blobs());
    const Clock::time_point end = Clock::now() + std::chrono::seconds(10);
    Result<void> put;
    do {
      put = calls.Put(support::TestKey(fmt::format("again-{}", episode), 9), "bytes");
    } while (!put && Clock::now() < end);
    EXPECT_TRUE(put.has_value()) << "there is room and still: " << put.error().message();
    EXPECT_TRUE(stores_->Commit(Operation::Put("again", "1")).has_value());
  }

  const std::uint64_t seed_ = Seed();
  std::mt19937_64 random_;
  std::unique_ptr<SmallDisk> disk_;
  std::unique_ptr<Stores> stores_;
  std::atomic<bool> stop_ = false;
};

TEST_F(FullDisk, LosesNothingWhenItFillsToTheLastByteAtRandomMoments) {
  std::vector<BlobUser> users = {{1, seed_ + 1}, {2, seed_ + 2}, {3, seed_ + 3}};
  KeyUser keys(seed_ + 4);
  for (int episode = 0; episode < kEpisodes && !HasFailure(); ++episode) {
    stop_ = false;
    {
      std::vector<std::jthread> threads;
      threads.reserve(users.size() + 1);
      for (BlobUser& user : users) {
        threads.push_back(Repeatedly([this, &user] { user.Step(stores_->blobs()); }));
      }
      threads.push_back(Repeatedly([this, &keys] { keys.Step(*stores_); }));
      Rest(700);
      disk_->FillToTheLastByte();
      Rest(1000);
      stop_ = true;
    }
    // Every third time a restart finds the disk as it is.
    if (episode % 3 == 2) stores_->Reopen();
    disk_->Drain();
    ExpectRecovery(episode);
  }
  for (int look = 0; look < 2; ++look) {
    for (BlobUser& user : users) user.ExpectAllWhole(stores_->blobs());
    keys.ExpectAllKept(*stores_);
    stores_->Reopen();
  }
  int stored = 0;
  int refused = 0;
  int removed = 0;
  for (const BlobUser& user : users) {
    stored += user.stored();
    refused += user.refused();
    removed += user.removed();
  }
  fmt::print("{} blobs stored, {} refused, {} uploads removed, {} keys committed\n", stored,
             refused, removed, keys.committed());
  EXPECT_GT(stored, 0);
  EXPECT_GT(refused, 0) << "the disk was never full";
  EXPECT_GT(removed, 0);
  EXPECT_GT(keys.committed(), 0);
}

// As a video is: an original in parts, and segments that came in between those
// of another video.
TEST_F(FullDisk, GivesTheBytesOfADeletedVideoBackWithinAMinute) {
  support::BlockingBlobStore calls(stores_->blobs());
  constexpr ByteCount kPart = ByteCount{8} << 20U;
  constexpr ByteCount kSegment = 700'000;
  constexpr int kParts = 12;
  constexpr ByteCount kVideoBytes = kParts * (kPart + 4 * kSegment);
  for (int part = 0; part < kParts; ++part) {
    for (const int video : {1, 2}) {
      const auto put = [&](const std::string& file, ByteCount size) {
        const auto stored = calls.Put(support::TestKey(file, video), support::Noise(size, 1));
        ASSERT_TRUE(stored.has_value()) << stored.error().message();
      };
      put(fmt::format("source-{}", part), kPart);
      for (int i = 0; i < 4; ++i) put(fmt::format("segment-{}-{}", part, i), kSegment);
    }
  }
  disk_->FillToTheLastByte();
  ASSERT_FALSE(calls.Put(support::TestKey("more", 3), support::Noise(kPart, 2)).has_value());
  // The reserve of the blob store is room that comes back with the first need.
  std::error_code no_reserve;
  const ByteCount reserve = std::filesystem::file_size(disk_->path() / "blobs/reserve", no_reserve);
  const ByteCount before = disk_->free_bytes() + (no_reserve ? 0 : reserve);

  const Clock::time_point begin = Clock::now();
  const blob::BlobKey gone = support::TestKey("", 1);
  const auto removed = calls.RemoveUpload(gone.video, gone.upload);
  ASSERT_TRUE(removed.has_value()) << removed.error().message();
  stores_->blobs().WaitUntilSpaceIsBack();
  const auto seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  const ByteCount back = disk_->free_bytes() - std::min(before, disk_->free_bytes());
  fmt::print("{} of {} bytes were back after {:.1f} s\n", back, kVideoBytes, seconds);
  EXPECT_LT(seconds, 60);
  EXPECT_GE(back, kVideoBytes * 9 / 10);
  for (int part = 0; part < kParts; ++part) {
    EXPECT_TRUE(calls.Read(support::TestKey(fmt::format("source-{}", part), 2)) ==
                support::Noise(kPart, 1));
  }
}

}  // namespace
}  // namespace tritontube::durability
