#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/queue_load.h"
#include "core/coordination/coordination.h"

namespace tritontube::sqlite {

struct SqliteOptions {
  std::size_t reader_count = 2;  // Threads and connections that read.
  // Reads, and writes, that wait or run; more are refused with
  // kResourceExhausted.
  std::size_t operations_waiting_max = 1024;
  // Changes that watches can ask for; up to a quarter more are kept.
  std::size_t history_max = 10'000;
  std::size_t watch_events_max = 1000;  // A batch is cut after the revision that reaches it.
};

// Coordination on one machine: one SQLite database in WAL mode, in a folder that
// one process owns. A commit is durable (fsync) before it is answered or seen;
// commits that wait together share one fsync.
//
// A lease belongs to the process that granted it: Open() ends every lease of the
// process before, and deletes its keys, because that process is dead.
//
// A call waits for the disk operation that it has begun even beyond its
// deadline, and then answers what truly happened. When the disk cannot confirm a
// commit, that commit is kOutcomeUnknown and every later call kUnavailable until
// the folder is opened again, because nobody can say what it holds.
//
// Safe to call from any io_context. The watches, and the calls under way, must
// be gone before it is.
class SqliteCoordination final : public coordination::Coordination {
 public:
  // Creates the folder when it is missing. kFailedPrecondition when another
  // process has it, when a newer TritonTube wrote it or when its files cannot be
  // written; kCorrupt when the database is damaged. Blocks.
  static Result<std::unique_ptr<SqliteCoordination>> Open(const std::filesystem::path& folder,
                                                          const SqliteOptions& options = {});
  ~SqliteCoordination() override;

  async::Task<Result<coordination::GetAnswer>> Get(std::string key, Deadline deadline) override;
  async::Task<Result<coordination::RangePage>> Range(coordination::RangeRequest request,
                                                     Deadline deadline) override;
  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override;
  async::Task<Result<coordination::LeaseId>> GrantLease(std::chrono::milliseconds ttl,
                                                        Deadline deadline) override;
  async::Task<Result<void>> RenewLease(coordination::LeaseId lease, Deadline deadline) override;
  async::Task<Result<void>> RevokeLease(coordination::LeaseId lease, Deadline deadline) override;
  std::unique_ptr<coordination::Watch> WatchPrefix(std::string prefix,
                                                   coordination::Revision after) override;

  // What waits for the disk.
  std::vector<NamedQueueLoad> queues() const;

 private:
  class Impl;
  explicit SqliteCoordination(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tritontube::sqlite
