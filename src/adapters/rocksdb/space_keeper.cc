#include "adapters/rocksdb/space_keeper.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "foundation/telemetry/log.h"

namespace tritontube::rocksdb {

namespace {

constexpr std::string_view kMarkPrefix = "removed/";
constexpr std::chrono::seconds kRoomRetryInterval{5};

rdb::CompactRangeOptions CompactionOptions(std::atomic<bool>& cancelled) {
  rdb::CompactRangeOptions options;
  options.exclusive_manual_compaction = false;
  options.bottommost_level_compaction = rdb::BottommostLevelCompaction::kForceOptimized;
  options.canceled = &cancelled;
  return options;
}

// The part of the blob files, oldest first, in which removed bytes lie; nothing
// when those are too few to be worth rewriting living ones.
std::optional<double> OldestPartWithGarbage(const Database& database,
                                            rdb::ColumnFamilyHandle* family,
                                            double garbage_fraction_max) {
  rdb::ColumnFamilyMetaData meta;
  database.db().GetColumnFamilyMetaData(family, &meta);
  std::ranges::sort(meta.blob_files, {}, &rdb::BlobMetaData::blob_file_number);
  std::uint64_t total = 0;
  std::uint64_t garbage = 0;
  std::size_t with_garbage = 0;
  for (std::size_t i = 0; i < meta.blob_files.size(); ++i) {
    total += meta.blob_files[i].total_blob_bytes;
    garbage += meta.blob_files[i].garbage_blob_bytes;
    if (meta.blob_files[i].garbage_blob_bytes > 0) with_garbage = i + 1;
  }
  if (static_cast<double>(garbage) <= garbage_fraction_max * static_cast<double>(total)) {
    return std::nullopt;
  }
  // RocksDB multiplies with the number of files and rounds down.
  return std::min(
      1.0, (static_cast<double>(with_garbage) + 0.5) / static_cast<double>(meta.blob_files.size()));
}

}  // namespace

SpaceKeeper::SpaceKeeper(Use use, double garbage_fraction_max, Repair repair, MakeRoom make_room)
    : use_(std::move(use)),
      garbage_fraction_max_(garbage_fraction_max),
      repair_(std::move(repair)),
      make_room_(std::move(make_room)),
      thread_([this] { Work(); }) {}

SpaceKeeper::~SpaceKeeper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    cancelled_ = true;
  }
  changed_.notify_all();
}

std::string SpaceKeeper::MarkOf(const KeyRange& keys) {
  return fmt::format("{}{}", kMarkPrefix, keys.begin);
}

void SpaceKeeper::Add(KeyRange keys) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(keys));
  }
  changed_.notify_all();
}

void SpaceKeeper::AddMarked(const Database& database) {
  const std::unique_ptr<rdb::Iterator> mark(
      database.db().NewIterator(rdb::ReadOptions(), database.control()));
  for (mark->Seek(std::string(kMarkPrefix)); mark->Valid(); mark->Next()) {
    const std::string_view key = mark->key().ToStringView();
    if (!key.starts_with(kMarkPrefix)) break;
    const std::string begin(key.substr(kMarkPrefix.size()));
    // An older release has marked uploads only, and not where they end.
    const std::string end = mark->value().ToString();
    Add({.begin = begin, .end = end.empty() ? begin + '\x7f' : end});
  }
}

void SpaceKeeper::WaitUntilIdle() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return queue_.empty() && !working_; });
}

void SpaceKeeper::Interrupt() {
  std::unique_lock lock(mutex_);
  ++interruptions_;
  cancelled_ = true;
  changed_.wait(lock, [this] { return !working_; });
}

void SpaceKeeper::Continue() {
  {
    const std::lock_guard lock(mutex_);
    --interruptions_;
    cancelled_ = stopping_ || interruptions_ > 0;
  }
  changed_.notify_all();
}

bool SpaceKeeper::TakeNext(KeyRange& keys) {
  std::unique_lock lock(mutex_);
  working_ = false;
  changed_.notify_all();
  changed_.wait(lock, [this] { return stopping_ || (interruptions_ == 0 && !queue_.empty()); });
  if (stopping_) return false;
  keys = std::move(queue_.front());
  queue_.pop_front();
  working_ = true;
  return true;
}

std::vector<std::string> SpaceKeeper::TakeFinishedMarks() {
  const std::lock_guard lock(mutex_);
  return std::exchange(finished_marks_, {});
}

void SpaceKeeper::Work() {
  KeyRange keys;
  while (TakeNext(keys)) {
    rdb::Status status = rdb::Status::NotSupported("it can only be read");
    use_([&](const Database& database) {
      if (!database.read_only()) status = GiveBack(database, keys);
    });
    Settle(keys, status);
    if (status.IsNoSpace()) WaitForRoom();
  }
}

void SpaceKeeper::Settle(const KeyRange& keys, const rdb::Status& status) {
  const std::lock_guard lock(mutex_);
  if (status.ok()) {
    finished_marks_.push_back(MarkOf(keys));
  } else if (status.IsNoSpace() || interruptions_ > 0) {
    queue_.push_front(keys);  // When not, its mark keeps it for the next start.
  }
}

void SpaceKeeper::WaitForRoom() {
  {
    const std::lock_guard lock(mutex_);
    working_ = false;  // Whoever makes room interrupts us first.
  }
  changed_.notify_all();
  if (make_room_()) return;
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kRoomRetryInterval, [this] { return stopping_; });
}

rdb::Status SpaceKeeper::GiveBack(const Database& database, const KeyRange& keys) {
  const rdb::Slice begin(keys.begin);
  const rdb::Slice end(keys.end);
  for (rdb::ColumnFamilyHandle* const family : database.data()) {
    rdb::Status status =
        database.db().CompactRange(CompactionOptions(cancelled_), family, &begin, &end);
    if (cancelled_) return rdb::Status::Aborted();
    if (!status.ok()) return status;
  }
  for (rdb::ColumnFamilyHandle* const family : database.data()) {
    rdb::Status status = RewriteSharedFiles(database, family);
    if (status.IsCorruption()) {
      telemetry::Log(telemetry::Level::kError,
                     "rot found: taking back removed space met damaged data",
                     {{"detail", status.ToString()}});
      repair_(database, cancelled_);
      status = RewriteSharedFiles(database, family);
    }
    if (cancelled_) return rdb::Status::Aborted();
    if (!status.ok()) return status;
  }
  return rdb::Status::OK();
}

rdb::Status SpaceKeeper::RewriteSharedFiles(const Database& database,
                                            rdb::ColumnFamilyHandle* family) {
  const auto part = OldestPartWithGarbage(database, family, garbage_fraction_max_);
  if (!part) return rdb::Status::OK();
  rdb::CompactRangeOptions options = CompactionOptions(cancelled_);
  options.blob_garbage_collection_policy = rdb::BlobGarbageCollectionPolicy::kForce;
  options.blob_garbage_collection_age_cutoff = *part;
  return database.db().CompactRange(options, family, nullptr, nullptr);
}

}  // namespace tritontube::rocksdb
