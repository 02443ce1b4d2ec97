#include "adapters/rocksdb/engine.h"

#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include "adapters/rocksdb/scrub.h"
#include "foundation/telemetry/log.h"

namespace tritontube::rocksdb {

using telemetry::Level;
using telemetry::Log;

namespace {

std::unexpected<Error> DiskIsFull(const Folder& folder) {
  return Fail(ErrorCode::kResourceExhausted,
              "the disk of {} is full: nothing can be added until videos are deleted or the disk "
              "has more room",
              folder.path().string());
}

ByteCount Property(const Database& database, rdb::ColumnFamilyHandle* family,
                   const std::string& name) {
  std::uint64_t value = 0;
  database.db().GetIntProperty(family, name, &value);
  return value;
}

// What living blobs take, in files and in memory on the way there.
ByteCount StoredBytes(const Database& database) {
  ByteCount bytes = 0;
  for (rdb::ColumnFamilyHandle* const family : database.data()) {
    bytes += Property(database, family, rdb::DB::Properties::kLiveBlobFileSize);
    bytes += Property(database, family, rdb::DB::Properties::kLiveSstFilesSize);
    bytes += Property(database, family, rdb::DB::Properties::kCurSizeAllMemTables);
    bytes -= Property(database, family, rdb::DB::Properties::kLiveBlobFileGarbageSize);
  }
  return bytes;
}

// What removed blobs still take: in files that living ones keep, and in files
// that somebody still reads.
ByteCount GarbageBytes(const Database& database) {
  ByteCount bytes = 0;
  for (rdb::ColumnFamilyHandle* const family : database.data()) {
    bytes += Property(database, family, rdb::DB::Properties::kLiveBlobFileGarbageSize);
    bytes += Property(database, family, rdb::DB::Properties::kTotalBlobFileSize) -
             Property(database, family, rdb::DB::Properties::kLiveBlobFileSize);
  }
  return bytes;
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Open(const std::filesystem::path& path,
                                             const RocksdbOptions& options) {
  TT_ASSIGN_OR_RETURN(std::unique_ptr<Folder> folder, Folder::Open(path));
  std::unique_ptr<Engine> engine(new Engine(std::move(folder), options));
  const std::filesystem::path database = engine->folder_->database();
  // RocksDB would make it too, and call it an error first that it is not there.
  std::error_code error;
  std::filesystem::create_directory(database, error);
  auto opened = Database::Open(database, options.env, engine->listener_);
  if (!opened && opened.error().code() == ErrorCode::kResourceExhausted) {
    engine->folder_->GiveUpReserve();
    opened = Database::Open(database, options.env, engine->listener_);
  }
  if (!opened) return std::unexpected(std::move(opened).error());
  engine->database_ = *std::move(opened);
  engine->folder_->KeepReserve(options.reserve_bytes);
  engine->space_keeper_ = std::make_unique<SpaceKeeper>(
      [engine = engine.get()](const std::function<void(const Database&)>& use) {
        engine->Use([&](const Database& open) { use(open); });
      },
      options.garbage_fraction_max,
      [engine = engine.get()](const Database& open, const std::atomic<bool>& cancelled) {
        engine->Repair(open, cancelled);
      },
      [engine = engine.get()] { return engine->GiveUpReserve(); });
  engine->space_keeper_->AddMarked(*engine->database_);
  return engine;
}

Engine::Engine(std::unique_ptr<Folder> folder, const RocksdbOptions& options)
    : folder_(std::move(folder)), options_(options) {}

Engine::~Engine() {
  if (space_keeper_) space_keeper_->Interrupt();
}

bool Engine::IsWritable() {
  const std::lock_guard lock(write_mutex_);
  return !write_failed_ && !Use([](const Database& open) { return open.read_only(); });
}

Result<void> Engine::MakeWritable() {
  if (IsWritable()) return {};
  Reopen();
  if (!IsWritable()) return DiskIsFull(*folder_);
  return {};
}

Result<void> Engine::Write(const WriteFunction& write) {
  // The second time in a database that has let go of its broken log and has
  // the room of the reserve: enough for a removal.
  for (int attempt = 0; attempt < 2; ++attempt) {
    TT_RETURN_IF_ERROR(MakeWritable());
    const std::lock_guard lock(write_mutex_);
    if (!write_failed_) write_failed_ = IsFullOrDie(Use(write));
    if (!write_failed_) return {};
  }
  Reopen();
  return DiskIsFull(*folder_);
}

void Engine::Reopen() {
  if (!full_.exchange(true)) {
    Log(Level::kError, "disk full: only reading and deleting from now on",
        {{"folder", folder_->path().string()}});
  }
  space_keeper_->Interrupt();
  {
    const std::lock_guard write_lock(write_mutex_);
    const std::lock_guard turn(turnstile_);
    const std::unique_lock lock(gate_);
    folder_->GiveUpReserve();
    database_.reset();
    auto opened = Database::Open(folder_->database(), options_.env, listener_);
    if (!opened) {
      opened = Database::OpenReadOnly(folder_->database(), options_.env, listener_);
    }
    if (!opened) DieOfDisk(opened.error().message());
    database_ = *std::move(opened);
    write_failed_ = false;
  }
  space_keeper_->Continue();
}

bool Engine::GiveUpReserve() {
  if (full_) return false;
  Reopen();
  return true;
}

Result<void> Engine::CheckRoom(ByteCount size) {
  TT_ASSIGN_OR_RETURN(const Folder::Space space, folder_->MeasureSpace());
  // Once full, the reserve has to fit again too before anything is added.
  const ByteCount wanted =
      options_.free_bytes_min + size + (full_.load() ? options_.reserve_bytes : 0);
  if (space.free < wanted) return DiskIsFull(*folder_);
  if (full_.exchange(false)) {
    folder_->KeepReserve(options_.reserve_bytes);
    Log(Level::kInfo, "disk has room again", {{"folder", folder_->path().string()}});
  }
  return {};
}

Result<blob::StoreStatus> Engine::Status() {
  TT_ASSIGN_OR_RETURN(const Folder::Space space, folder_->MeasureSpace());
  return Use([&](const Database& open) -> Result<blob::StoreStatus> {
    return blob::StoreStatus{.stored_bytes = StoredBytes(open),
                             .free_bytes = space.free,
                             .capacity_bytes = space.capacity,
                             .corrupt_count = quarantine_.count(),
                             .read_only = full_ || space.free < options_.free_bytes_min};
  });
}

ByteCount Engine::MeasureGarbage() {
  return Use([](const Database& open) { return GarbageBytes(open); });
}

void Engine::Repair(const Database& database, const std::atomic<bool>& cancelled) {
  Scrub(database, quarantine_, cancelled, [&](const std::function<rdb::Status()>& write) {
    // The keeper holds the database open here, and a writer who holds the mutex
    // may want to replace it: so this never waits for the mutex, it asks for it.
    std::unique_lock lock(write_mutex_, std::defer_lock);
    while (!lock.try_lock()) {
      if (cancelled) return;
      // lint: the keeper has a thread of its own, and writes end soon.
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (!write_failed_) write_failed_ = IsFullOrDie(write());
  });
}

}  // namespace tritontube::rocksdb
