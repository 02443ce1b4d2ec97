#pragma once

#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace tritontube::rocksdb {

namespace rdb = ::rocksdb;

// A record shorter than this stands in the index itself; a longer one in a blob
// file, which compaction of the index does not rewrite.
inline constexpr std::size_t kInlineBytesMax = std::size_t{16} << 10U;

// Three column families, by how their contents become durable:
//   control  marks; every write is in the synced write-ahead log
//   logged   blobs of small batches; every write is in the synced log
//   bulk     blobs of large batches, written without the log; a flush of the
//            column family ends before they are acknowledged. Deletions in it
//            are in the log.
// Keeping logged and bulk apart means that nothing in `logged` ever depends on
// a flush and nothing acknowledged in `bulk` on the log: a replay of the log
// after a crash finds every acknowledged small batch, and, of bulk, re-applies
// deletions only. It also keeps the blob files of bulk free of other uploads'
// small blobs, so they die whole.
class Database {
 public:
  // Replays the log strictly, then opens for service. `listener` hears of
  // background errors. kDataLoss when the files are damaged, kResourceExhausted
  // when the disk is full.
  static Result<std::unique_ptr<Database>> Open(const std::filesystem::path& path, rdb::Env* env,
                                                std::shared_ptr<rdb::EventListener> listener);
  // Serves reads from a disk that has no room to open for service.
  static Result<std::unique_ptr<Database>> OpenReadOnly(
      const std::filesystem::path& path, rdb::Env* env,
      std::shared_ptr<rdb::EventListener> listener);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  rdb::DB& db() const { return *db_; }
  rdb::ColumnFamilyHandle* control() const { return families_[0]; }
  rdb::ColumnFamilyHandle* logged() const { return families_[1]; }
  rdb::ColumnFamilyHandle* bulk() const { return families_[2]; }
  // Where blobs are.
  std::array<rdb::ColumnFamilyHandle*, 2> data() const { return {logged(), bulk()}; }
  bool read_only() const { return read_only_; }

 private:
  enum class Mode : std::uint8_t { kReplay, kServe, kReadOnly };
  static Result<std::unique_ptr<Database>> Open(Mode mode, const std::filesystem::path& path,
                                                rdb::Env* env,
                                                std::shared_ptr<rdb::EventListener> listener);
  explicit Database(std::unique_ptr<rdb::Env> env) : env_(std::move(env)) {}

  const std::unique_ptr<rdb::Env> env_;
  std::unique_ptr<rdb::DB> db_;
  std::vector<rdb::ColumnFamilyHandle*> families_;
  bool read_only_ = false;
};

// True when the write failed for want of room, false when it succeeded. Any
// other failure ends the process: after a failed write or fsync nobody knows
// what the disk holds, and trying again does not tell (the kernel drops the
// pages that it could not write).
bool IsFullOrDie(const rdb::Status& status);
[[noreturn]] void DieOfDisk(std::string_view detail);

}  // namespace tritontube::rocksdb
