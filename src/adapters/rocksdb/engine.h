#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>

#include "adapters/rocksdb/database.h"
#include "adapters/rocksdb/disk_listener.h"
#include "adapters/rocksdb/folder.h"
#include "adapters/rocksdb/quarantine.h"
#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "adapters/rocksdb/space_keeper.h"

namespace tritontube::rocksdb {

// The open database and what to do when the disk is full: RocksDB's log is
// broken for good once a write to it failed half-way, so the database is closed
// and opened again, which cuts the broken end off. Reads wait meanwhile.
//
// Every method may block and is called from any thread of ours.
class Engine {
 public:
  static Result<std::unique_ptr<Engine>> Open(const std::filesystem::path& folder,
                                              const RocksdbOptions& options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Calls `use` with the database, which stays open meanwhile.
  template <typename Function>
  auto Use(const Function& use) {
    {
      const std::lock_guard turn(turnstile_);
    }
    const std::shared_lock lock(gate_);
    return use(*database_);
  }

  // Opens the database again when a write has failed or it can only be read;
  // kResourceExhausted when the disk has still no room for that. To be called
  // before a stored blob is taken for durable: what a read-only database shows
  // may be in memory alone.
  Result<void> MakeWritable();

  // Calls `write`, which returns the status of a write. One caller at a time.
  // kResourceExhausted when the disk was full; the process has ended when it
  // failed otherwise.
  using WriteFunction = std::function<rdb::Status(const Database&)>;
  Result<void> Write(const WriteFunction& write);

  // kResourceExhausted when the disk has no room for `size` more bytes.
  Result<void> CheckRoom(ByteCount size);

  Result<blob::StoreStatus> Status();
  // What removed blobs still take of the disk.
  ByteCount MeasureGarbage();

  Quarantine& quarantine() { return quarantine_; }
  SpaceKeeper& space_keeper() { return *space_keeper_; }
  const RocksdbOptions& options() const { return options_; }

 private:
  Engine(std::unique_ptr<Folder> folder, const RocksdbOptions& options);
  bool IsWritable();
  // Closes and opens again, for reading only when there is no room for more.
  void Reopen();
  // For the space keeper: false when there is no reserve to give up.
  bool GiveUpReserve();
  // A write of it that fails is left to the next Write(): the space keeper cannot
  // wait for itself to be interrupted.
  void Repair(const Database& database, const std::atomic<bool>& cancelled);

  const std::unique_ptr<Folder> folder_;
  const RocksdbOptions options_;
  const std::shared_ptr<DiskListener> listener_ = std::make_shared<DiskListener>();
  Quarantine quarantine_;

  // Held during a write. Never while waiting for the space keeper.
  std::mutex write_mutex_;
  bool write_failed_ = false;
  std::atomic<bool> full_ = false;

  // Shared by users of database_, exclusive to replace it. A reader passes the
  // turnstile first, so that a stream of readers cannot keep Reopen() out.
  std::mutex turnstile_;
  std::shared_mutex gate_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<SpaceKeeper> space_keeper_;
};

}  // namespace tritontube::rocksdb
