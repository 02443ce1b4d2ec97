#include "adapters/sqlite/writer.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "adapters/sqlite/checksum.h"
#include "adapters/sqlite/schema.h"
#include "foundation/telemetry/log.h"

namespace tritontube::sqlite {

using coordination::Event;
using coordination::KeyValue;
using coordination::kNoLease;
using coordination::LeaseId;
using coordination::Operation;
using coordination::Revision;
using coordination::TxnAnswer;

namespace {

// A commit that fails with one of these did not reach the log as a whole, so
// that it cannot come back: the frame that commits is written last. Of any
// other failure, a failed sync above all, nobody knows what a restart will find.
bool DidNotHappen(int extended_code) {
  const int code = extended_code & 0xff;
  return code == SQLITE_FULL || code == SQLITE_NOMEM || code == SQLITE_BUSY ||
         extended_code == SQLITE_IOERR_WRITE || extended_code == SQLITE_IOERR_NOMEM;
}

constexpr ByteCount kReserveBytes = ByteCount{16} << 20U;

// The blob store on the same disk takes what we gave up, and gives up its own
// reserve a moment later.
constexpr int kFullRetries = 20;
constexpr std::chrono::milliseconds kFullRetryPause{50};

std::filesystem::path MarkFile(const std::filesystem::path& database) {
  return database.parent_path() / "last-revision";
}

bool Adds(const WriteRequest& request) {
  if (request.txn == nullptr) return false;
  const auto puts = [](const Operation& operation) {
    return operation.kind == Operation::Kind::kPut;
  };
  return std::ranges::any_of(request.txn->then, puts) ||
         std::ranges::any_of(request.txn->otherwise, puts);
}

bool IsFull(const Result<void>& done) {
  return !done && done.error().code() == ErrorCode::kResourceExhausted;
}

}  // namespace

Result<std::unique_ptr<Writer>> Writer::Open(const std::filesystem::path& file,
                                             std::size_t history_max) {
  TT_ASSERT(history_max > 0, "a history of nothing");
  const DiskReserve reserve(file.parent_path() / "reserve", kReserveBytes);
  Result<std::unique_ptr<Writer>> writer = TryOpen(file, history_max, reserve);
  if (!writer && writer.error().code() == ErrorCode::kResourceExhausted && reserve.GiveUp()) {
    writer = TryOpen(file, history_max, reserve);
  }
  if (writer) (*writer)->has_reserve_ = reserve.Keep();
  return writer;
}

Result<std::unique_ptr<Writer>> Writer::TryOpen(const std::filesystem::path& file,
                                                std::size_t history_max,
                                                const DiskReserve& reserve) {
  TT_ASSIGN_OR_RETURN(Connection connection, Connection::Open(file, Connection::Access::kWrite));
  TT_RETURN_IF_ERROR(PrepareDatabase(connection));
  TT_ASSIGN_OR_RETURN(CommitMark mark, CommitMark::Open(MarkFile(file)));
  std::unique_ptr<Writer> writer(
      new Writer(std::move(connection), std::move(mark), history_max, reserve));
  TT_RETURN_IF_ERROR(writer->Prepare());
  TT_RETURN_IF_ERROR(writer->Load());
  TT_RETURN_IF_ERROR(writer->CheckNothingIsLost(file));
  const Result<void> begun = writer->BeginRun();
  if (!begun) return std::unexpected(begun.error());
  return writer;
}

Result<void> Writer::Prepare() {
  return connection_.PrepareAll({
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&find_, "SELECT value, created, modified, lease, checksum FROM entries WHERE key = ?"},
      {&put_,
       "INSERT INTO entries(key, value, created, modified, lease, checksum) "
       "VALUES (?, ?, ?, ?, ?, ?) "
       "ON CONFLICT(key) DO UPDATE SET value = excluded.value, created = excluded.created, "
       "modified = excluded.modified, lease = excluded.lease, checksum = excluded.checksum"},
      {&delete_, "DELETE FROM entries WHERE key = ?"},
      {&keys_of_lease_, "SELECT key FROM entries WHERE lease = ? AND lease <> 0 ORDER BY key"},
      {&record_,
       "INSERT INTO changes(revision, ordinal, kind, key, value, created, lease, checksum) "
       "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"},
      {&save_, "UPDATE meta SET revision = ?, compacted = ?"},
      {&oldest_kept_,
       "SELECT revision FROM changes ORDER BY revision DESC, ordinal DESC LIMIT 1 OFFSET ?"},
      {&trim_, "DELETE FROM changes WHERE revision <= ?"},
  });
}

Result<void> Writer::Load() {
  TT_ASSIGN_OR_RETURN(Statement statement,
                      connection_.Prepare("SELECT revision, compacted, runs, "
                                          "(SELECT count(*) FROM changes) FROM meta"));
  Cursor cursor = statement.Query();
  TT_RETURN_IF_ERROR(cursor.Next());
  progress_ = {.revision = cursor.Integer(0),
               .compacted = cursor.Integer(1),
               .change_count = cursor.Integer(3)};
  runs_ = cursor.Integer(2) + 1;
  published_ = progress_.revision;
  return {};
}

// What the log has lost is lost for good: going on would write over it, and the
// collector would erase the blobs of the videos whose rows are gone.
Result<void> Writer::CheckNothingIsLost(const std::filesystem::path& file) {
  const Revision marked = mark_.Read();
  if (marked <= progress_.revision) return {};
  connection_.KeepLog();
  return Fail(
      ErrorCode::kCorrupt,
      "the last {} changes of {} are lost, because its log is damaged or was taken away: "
      "stop TritonTube, move its data folder away and bring back a backup with "
      "'tritontube restore BACKUP --data DATA'. To go on without those changes, and without "
      "the videos that they brought, delete {}",
      marked - progress_.revision, file.string(), MarkFile(file).string());
}

// Whoever held a lease is dead: this process has the folder now.
Result<void> Writer::BeginRun() {
  next_ = progress_;
  TT_RETURN_IF_ERROR(begin_.Execute());
  TT_RETURN_IF_ERROR(connection_.Execute("UPDATE meta SET runs = runs + 1"));
  TT_ASSIGN_OR_RETURN(const std::vector<std::string> keys, KeysOfAllLeases());
  TT_RETURN_IF_ERROR(RemoveKeys(keys));
  TT_RETURN_IF_ERROR(save_.Execute(next_.revision, next_.compacted));
  return Commit();
}

void Writer::Perform(std::span<WriteRequest* const> batch, const IsAlive& is_alive) {
  if (!has_reserve_) has_reserve_ = reserve_.Keep();
  Batch admitted = Admit(batch);
  Result<void> done = PerformAll(admitted, is_alive);
  if (IsFull(done) && has_reserve_) {
    RollBack();
    reserve_.GiveUp();
    has_reserve_ = false;
    admitted = Admit(batch);
    done = PerformAll(admitted, is_alive);
  }
  for (int retry = 0; IsFull(done) && retry < kFullRetries; ++retry) {
    RollBack();
    RefuseAdding(admitted, done.error());
    if (admitted.empty()) return;
    // lint: this thread only writes, and who deletes would rather wait.
    if (retry > 0) std::this_thread::sleep_for(kFullRetryPause);
    done = PerformAll(admitted, is_alive);
  }
  if (done) return;
  RollBack();
  for (WriteRequest* request : admitted) request->answer = std::unexpected(done.error());
}

Writer::Batch Writer::Admit(std::span<WriteRequest* const> batch) {
  Batch admitted(batch.begin(), batch.end());
  if (has_reserve_ || reserve_.free_bytes() > reserve_.size() / 2) return admitted;
  RefuseAdding(admitted, {ErrorCode::kResourceExhausted,
                          "the disk is full: only deleting is possible until it has room"});
  return admitted;
}

void Writer::RefuseAdding(Batch& batch, const Error& error) {
  std::erase_if(batch, [&](WriteRequest* request) {
    if (!Adds(*request)) return false;
    request->answer = std::unexpected(error);
    return true;
  });
}

Result<void> Writer::PerformAll(std::span<WriteRequest* const> batch, const IsAlive& is_alive) {
  if (in_doubt_) {
    return Fail(ErrorCode::kUnavailable,
                "the disk could not confirm an earlier change: check it and restart TritonTube");
  }
  next_ = progress_;
  TT_RETURN_IF_ERROR(begin_.Execute());
  for (WriteRequest* request : batch) TT_RETURN_IF_ERROR(PerformOne(*request, is_alive));
  if (next_.revision != progress_.revision) {
    TT_RETURN_IF_ERROR(TrimHistory());
    TT_RETURN_IF_ERROR(save_.Execute(next_.revision, next_.compacted));
  }
  return Commit();
}

Result<void> Writer::PerformOne(WriteRequest& request, const IsAlive& is_alive) {
  if (request.deadline.HasPassed()) {
    request.answer = Fail(ErrorCode::kDeadlineExceeded, "the disk was busy for too long");
    return {};
  }
  if (request.txn == nullptr) {
    for (const LeaseId lease : request.ended_leases) {
      TT_ASSIGN_OR_RETURN(const std::vector<std::string> keys, KeysOf(lease));
      TT_RETURN_IF_ERROR(RemoveKeys(keys));
    }
    request.answer = TxnAnswer{.succeeded = true, .revision = next_.revision};
    return {};
  }
  TT_ASSIGN_OR_RETURN(const bool succeeded, AllHold(request.txn->compares));
  const std::vector<Operation>& branch = succeeded ? request.txn->then : request.txn->otherwise;
  for (const Operation& operation : branch) {
    if (operation.lease == kNoLease || is_alive(operation.lease)) continue;
    request.answer = Fail(ErrorCode::kNotFound, "lease {} has ended", operation.lease);
    return {};
  }
  TT_ASSIGN_OR_RETURN(request.answer, PerformBranch(succeeded, branch));
  return {};
}

Result<TxnAnswer> Writer::PerformBranch(bool succeeded, const std::vector<Operation>& branch) {
  TxnAnswer answer{.succeeded = succeeded};
  ordinal_ = 0;
  for (const Operation& operation : branch) {
    if (operation.kind == Operation::Kind::kGet) {
      TT_ASSIGN_OR_RETURN(std::optional<KeyValue> item, Find(operation.key));
      answer.gets.push_back(std::move(item));
    } else {
      TT_RETURN_IF_ERROR(Write(operation, next_.revision + 1));
    }
  }
  if (ordinal_ > 0) ++next_.revision;
  answer.revision = next_.revision;
  return answer;
}

Result<bool> Writer::AllHold(const std::vector<coordination::Compare>& compares) {
  for (const coordination::Compare& compare : compares) {
    TT_ASSIGN_OR_RETURN(const std::optional<KeyValue> item, Find(compare.key));
    if (item && item->damaged) return false;
    if ((item ? item->modified : 0) != compare.modified) return false;
  }
  return true;
}

Result<std::optional<KeyValue>> Writer::Find(std::string_view key) {
  Cursor cursor = find_.Query(key);
  TT_ASSIGN_OR_RETURN(const bool found, cursor.Next());
  if (!found) return std::nullopt;
  return ItemOf(std::string(key), cursor, 0);
}

Result<bool> Writer::Write(const Operation& operation, Revision revision) {
  TT_ASSIGN_OR_RETURN(const std::optional<KeyValue> before, Find(operation.key));
  if (operation.kind == Operation::Kind::kDelete) {
    if (!before) return false;
    TT_RETURN_IF_ERROR(delete_.Execute(operation.key));
    TT_RETURN_IF_ERROR(
        Record({Event::Kind::kDelete, {.key = operation.key, .modified = revision}}));
    return true;
  }
  const Event event{Event::Kind::kPut,
                    {.key = operation.key,
                     .value = operation.value,
                     .created = before && !before->damaged ? before->created : revision,
                     .modified = revision,
                     .lease = operation.lease}};
  TT_RETURN_IF_ERROR(put_.Execute(event.item.key, event.item.value, event.item.created,
                                  event.item.modified, event.item.lease, ChecksumOf(event.item)));
  TT_RETURN_IF_ERROR(Record(event));
  return true;
}

Result<void> Writer::Record(const Event& event) {
  const KeyValue& item = event.item;
  const std::int64_t kind = event.kind == Event::Kind::kPut ? 0 : 1;
  TT_RETURN_IF_ERROR(record_.Execute(item.modified, ordinal_, kind, item.key, item.value,
                                     item.created, item.lease, ChecksumOf(item, event.kind)));
  ++ordinal_;
  ++next_.change_count;
  return {};
}

Result<void> Writer::RemoveKeys(const std::vector<std::string>& keys) {
  ordinal_ = 0;
  for (const std::string& key : keys) {
    TT_RETURN_IF_ERROR(Write(Operation::Delete(key), next_.revision + 1));
  }
  if (ordinal_ > 0) ++next_.revision;
  return {};
}

Result<std::vector<std::string>> Writer::ReadKeys(Cursor cursor) {
  std::vector<std::string> keys;
  for (;;) {
    TT_ASSIGN_OR_RETURN(const bool found, cursor.Next());
    if (!found) return keys;
    keys.emplace_back(cursor.Bytes(0));
  }
}

Result<std::vector<std::string>> Writer::KeysOf(LeaseId lease) {
  return ReadKeys(keys_of_lease_.Query(lease));
}

Result<std::vector<std::string>> Writer::KeysOfAllLeases() {
  TT_ASSIGN_OR_RETURN(Statement statement,
                      connection_.Prepare("SELECT key FROM entries WHERE lease <> 0"));
  return ReadKeys(statement.Query());
}

// Now and then, a quarter of the history at once, because finding where to cut
// counts its way through it.
Result<void> Writer::TrimHistory() {
  const auto history_max = static_cast<std::int64_t>(history_max_);
  if (next_.change_count <= history_max + history_max / 4) return {};
  {
    Cursor cursor = oldest_kept_.Query(history_max - 1);
    TT_RETURN_IF_ERROR(cursor.Next());
    next_.compacted = cursor.Integer(0) - 1;
  }
  TT_RETURN_IF_ERROR(trim_.Execute(next_.compacted));
  next_.change_count -= connection_.changed_count();
  return {};
}

Result<void> Writer::Commit() {
  const Result<void> committed = commit_.Execute();
  if (committed) {
    progress_ = next_;
    published_ = progress_.revision;
    mark_.Write(progress_.revision);
    return {};
  }
  if (DidNotHappen(connection_.last_code())) return committed;
  Doubt(committed.error());
  return Fail(ErrorCode::kOutcomeUnknown, "{}; whether this change was kept is not known",
              committed.error().message());
}

void Writer::RollBack() {
  // SQLite has rolled back by itself after most errors of the disk.
  if (!connection_.in_transaction()) return;
  const Result<void> rolled_back = connection_.Execute("ROLLBACK");
  if (!rolled_back) Doubt(rolled_back.error());
}

void Writer::Doubt(const Error& error) {
  in_doubt_ = true;
  telemetry::Log(telemetry::Level::kError,
                 "metadata stopped: the disk could not confirm a change. Check it and restart",
                 {{"error", error.message()}});
}

}  // namespace tritontube::sqlite
