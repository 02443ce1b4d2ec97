#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "adapters/sqlite/commit_mark.h"
#include "adapters/sqlite/connection.h"
#include "base/disk_reserve.h"
#include "core/coordination/coordination.h"

namespace tritontube::sqlite {

// One thing to write: a transaction or, without one, the end of `ended_leases`.
struct WriteRequest {
  const coordination::Txn* txn = nullptr;
  std::vector<coordination::LeaseId> ended_leases = {};
  Deadline deadline = Deadline::Never();
  std::optional<Result<coordination::TxnAnswer>> answer = std::nullopt;
};

// The only connection that writes. Blocks; one thread at a time.
//
// When the disk is full it gives up a reserve. Half of that is for everybody,
// because the proof that something is garbage is a write; the rest is for
// deleting alone, until there is room for the reserve again.
class Writer {
 public:
  using IsAlive = std::function<bool(coordination::LeaseId)>;

  // Prepares the database and removes the keys of the leases of the run before.
  static Result<std::unique_ptr<Writer>> Open(const std::filesystem::path& file,
                                              std::size_t history_max);

  // Performs the requests one after another in one SQLite transaction, with one
  // sync, and answers each. When the disk fails, none of them has happened, or
  // the outcome of all is unknown.
  void Perform(std::span<WriteRequest* const> batch, const IsAlive& is_alive);

  // The last one that is durable. Any thread.
  coordination::Revision revision() const { return published_; }
  // True when the disk could not confirm a commit: what a read sees now may be
  // different after a restart. Any thread.
  bool in_doubt() const { return in_doubt_; }
  // Lease ids of this run begin here; those of other runs never come again.
  coordination::LeaseId first_lease() const { return (runs_ << 32) + 1; }

 private:
  struct Progress {
    coordination::Revision revision = 0;
    coordination::Revision compacted = 0;
    std::int64_t change_count = 0;
  };

  Writer(Connection connection, CommitMark mark, std::size_t history_max, DiskReserve reserve)
      : connection_(std::move(connection)),
        mark_(std::move(mark)),
        history_max_(history_max),
        reserve_(std::move(reserve)) {}

  static Result<std::unique_ptr<Writer>> TryOpen(const std::filesystem::path& file,
                                                 std::size_t history_max,
                                                 const DiskReserve& reserve);
  using Batch = std::vector<WriteRequest*>;
  // Refuses what adds while the room that is left is for deleting; the others.
  Batch Admit(std::span<WriteRequest* const> batch);
  static void RefuseAdding(Batch& batch, const Error& error);

  Result<void> Prepare();
  Result<void> Load();
  Result<void> CheckNothingIsLost(const std::filesystem::path& file);
  Result<void> BeginRun();

  Result<void> PerformAll(std::span<WriteRequest* const> batch, const IsAlive& is_alive);
  Result<void> PerformOne(WriteRequest& request, const IsAlive& is_alive);
  Result<coordination::TxnAnswer> PerformBranch(bool succeeded,
                                                const std::vector<coordination::Operation>& branch);
  Result<bool> AllHold(const std::vector<coordination::Compare>& compares);
  Result<std::optional<coordination::KeyValue>> Find(std::string_view key);
  // False when it changed nothing.
  Result<bool> Write(const coordination::Operation& operation, coordination::Revision revision);
  Result<void> Record(const coordination::Event& event);
  Result<void> RemoveKeys(const std::vector<std::string>& keys);
  Result<std::vector<std::string>> KeysOf(coordination::LeaseId lease);
  Result<std::vector<std::string>> KeysOfAllLeases();
  Result<std::vector<std::string>> ReadKeys(Cursor cursor);
  Result<void> TrimHistory();
  Result<void> Commit();
  void RollBack();
  // From here on nothing is believed.
  void Doubt(const Error& error);

  Connection connection_;
  CommitMark mark_;
  const std::size_t history_max_;
  const DiskReserve reserve_;
  bool has_reserve_ = false;  // False while the disk is full.
  Statement begin_, commit_, find_, put_, delete_, keys_of_lease_, record_, save_, oldest_kept_,
      trim_;
  std::int64_t runs_ = 0;
  Progress progress_;  // As it is on disk.
  Progress next_;      // As it will be when the transaction under way is committed.
  std::int64_t ordinal_ = 0;
  std::atomic<coordination::Revision> published_ = 0;
  std::atomic<bool> in_doubt_ = false;
};

}  // namespace tritontube::sqlite
