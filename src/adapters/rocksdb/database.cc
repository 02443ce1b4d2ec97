#include "adapters/rocksdb/database.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "adapters/rocksdb/info_log.h"
#include "adapters/rocksdb/table_room.h"
#include "foundation/telemetry/log.h"

namespace tritontube::rocksdb {

namespace {

constexpr int kExitDiskFailed = 74;  // EX_IOERR of sysexits.h
constexpr std::size_t kBlockCacheBytes = std::size_t{32} << 20U;
constexpr std::uint64_t kBlobFileBytes = std::uint64_t{256} << 20U;
constexpr std::size_t kWriteBufferBytes = std::size_t{64} << 20U;
// What a start has to write again; less than the reserve.
constexpr std::uint64_t kLogBytesMax = std::uint64_t{128} << 20U;

rdb::ColumnFamilyOptions ControlOptions() {
  rdb::ColumnFamilyOptions options;
  options.compression = rdb::kNoCompression;
  options.write_buffer_size = std::size_t{1} << 20U;
  return options;
}

rdb::ColumnFamilyOptions DataOptions() {
  rdb::ColumnFamilyOptions options;
  options.compression = rdb::kNoCompression;  // Media does not shrink.
  options.enable_blob_files = true;
  options.min_blob_size = kInlineBytesMax;
  options.blob_file_size = kBlobFileBytes;
  options.blob_compression_type = rdb::kNoCompression;
  // SpaceKeeper decides when blob files are rewritten; compaction of the index
  // never does it in passing.
  options.enable_blob_garbage_collection = false;
  options.write_buffer_size = kWriteBufferBytes;
  options.max_write_buffer_number = 4;
  // The tables hold keys and addresses only (some 90 bytes for 256 KiB), so
  // small tables keep the rewriting of the index small.
  options.target_file_size_base = std::uint64_t{4} << 20U;
  options.max_bytes_for_level_base = std::uint64_t{32} << 20U;
  // A damaged table keeps compaction from ever tidying level 0. Reads then get
  // slower; writes must not stop.
  options.level0_slowdown_writes_trigger = 1000;
  options.level0_stop_writes_trigger = std::numeric_limits<int>::max();
  rdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rdb::NewBloomFilterPolicy(10));
  table.block_cache = rdb::NewLRUCache(kBlockCacheBytes);
  options.table_factory.reset(rdb::NewBlockBasedTableFactory(table));
  return options;
}

// RocksDB keeps a descriptor per table and per blob file. An EMFILE on a write
// would end the process, so half of what the process may open stays for others.
int OpenFilesMax() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
  return static_cast<int>(std::clamp<rlim_t>(limit.rlim_cur / 2, 64, 1U << 20U));
}

rdb::DBOptions CommonOptions(rdb::Env& env) {
  rdb::DBOptions options;
  options.env = &env;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_open_files = OpenFilesMax();
  options.max_total_wal_size = kLogBytesMax;
  // A flush is on its way to the disk while it is still being written.
  options.bytes_per_sync = std::uint64_t{1} << 20U;
  options.IncreaseParallelism(2);
  options.info_log = std::make_shared<InfoLog>();
  options.info_log_level = rdb::WARN_LEVEL;
  // A record cut short at the very end of the log was never acknowledged.
  // Damage anywhere else is: the default mode would silently drop what follows.
  options.wal_recovery_mode = rdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  return options;
}

Error OpenError(const std::filesystem::path& path, const rdb::Status& status) {
  if (status.IsNoSpace()) {
    return {ErrorCode::kResourceExhausted,
            fmt::format("the disk of {} is full; free some space and start again", path.string())};
  }
  if (status.IsCorruption() || status.IsPathNotFound() || status.IsInvalidArgument()) {
    return {ErrorCode::kDataLoss,
            fmt::format("the folder {} is damaged and cannot be opened ({}); bring back a copy "
                        "with 'tritontube restore'",
                        path.parent_path().string(), status.ToString())};
  }
  return {ErrorCode::kUnavailable,
          fmt::format("the folder {} cannot be opened ({}); check the disk, or bring back a copy "
                      "with 'tritontube restore'",
                      path.parent_path().string(), status.ToString())};
}

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(const std::filesystem::path& path, rdb::Env* env,
                                                 std::shared_ptr<rdb::EventListener> listener) {
  // With paranoid_checks off, replaying skips damaged records of the log; with
  // it on, one damaged blob that a background job meets stops every later
  // write. So the log is replayed with it on, and service runs with it off.
  TT_RETURN_IF_ERROR(Open(Mode::kReplay, path, env, nullptr));
  return Open(Mode::kServe, path, env, std::move(listener));
}

Result<std::unique_ptr<Database>> Database::OpenReadOnly(
    const std::filesystem::path& path, rdb::Env* env,
    std::shared_ptr<rdb::EventListener> listener) {
  return Open(Mode::kReadOnly, path, env, std::move(listener));
}

Result<std::unique_ptr<Database>> Database::Open(Mode mode, const std::filesystem::path& path,
                                                 rdb::Env* env,
                                                 std::shared_ptr<rdb::EventListener> listener) {
  std::unique_ptr<Database> database(new Database(WithRoomForTables(env)));
  rdb::DBOptions options = CommonOptions(*database->env_);
  options.paranoid_checks = mode != Mode::kServe;
  if (listener) options.listeners.push_back(std::move(listener));
  rdb::ColumnFamilyOptions data_options = DataOptions();
  data_options.disable_auto_compactions = mode != Mode::kServe;
  const std::vector<rdb::ColumnFamilyDescriptor> families = {
      {rdb::kDefaultColumnFamilyName, ControlOptions()},
      {"logged", data_options},
      {"bulk", data_options}};

  rdb::DB* db = nullptr;
  const rdb::Status status =
      mode == Mode::kReadOnly
          ? rdb::DB::OpenForReadOnly(options, path.string(), families, &database->families_, &db)
          : rdb::DB::Open(options, path.string(), families, &database->families_, &db);
  if (!status.ok()) return std::unexpected(OpenError(path, status));
  database->db_.reset(db);
  database->read_only_ = mode == Mode::kReadOnly;
  return database;
}

Database::~Database() {
  if (!db_) return;
  for (rdb::ColumnFamilyHandle* const family : families_) {
    Ignore(db_->DestroyColumnFamilyHandle(family), "only frees the handle");
  }
  Ignore(db_->Close(), "what was acknowledged is durable already");
}

bool IsFullOrDie(const rdb::Status& status) {
  if (status.ok()) return false;
  if (status.IsNoSpace()) return true;
  DieOfDisk(status.ToString());
}

void DieOfDisk(std::string_view detail) {
  telemetry::Log(telemetry::Level::kError,
                 "writing to the disk failed; stopping, because only a new start can tell what is "
                 "stored. Check the disk before starting again",
                 {{"detail", detail}});
  telemetry::FlushLog();
  std::_Exit(kExitDiskFailed);
}

}  // namespace tritontube::rocksdb
