#include "adapters/sqlite/sqlite_coordination.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "adapters/sqlite/folder_lock.h"
#include "adapters/sqlite/lease_sweeper.h"
#include "adapters/sqlite/readers.h"
#include "adapters/sqlite/write_queue.h"
#include "adapters/sqlite/writer.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/event.h"

namespace tritontube::sqlite {

using async::Task;
using coordination::GetAnswer;
using coordination::LeaseId;
using coordination::RangePage;
using coordination::RangeRequest;
using coordination::Revision;
using coordination::Txn;
using coordination::TxnAnswer;
using coordination::WatchBatch;

namespace {

Task<Result<void>> CheckWanted(Deadline deadline) {
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  if (deadline.HasPassed()) {
    co_return Fail(ErrorCode::kDeadlineExceeded, "no answer within the time allowed");
  }
  co_return Result<void>();
}

bool Writes(const Txn& txn) {
  const auto writes = [](const coordination::Operation& operation) {
    return operation.kind != coordination::Operation::Kind::kGet;
  };
  return std::ranges::any_of(txn.then, writes) || std::ranges::any_of(txn.otherwise, writes);
}

// One of the places for those who wait; there is none when it is not `taken`.
class Place {
 public:
  Place(std::atomic<std::size_t>& in_use, std::size_t max) : in_use_(in_use) {
    taken_ = in_use_.fetch_add(1) < max;
  }
  ~Place() { in_use_.fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  bool taken() const { return taken_; }

 private:
  std::atomic<std::size_t>& in_use_;
  bool taken_;
};

// SQLite would let everybody read it; the log takes the rights of the database.
void CreatePrivately(const std::filesystem::path& file) {
  const int created = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (created >= 0) ::close(created);  // Otherwise SQLite says what is wrong.
}

}  // namespace

class SqliteCoordination::Impl {
 public:
  Impl(FolderLock lock, std::unique_ptr<Writer> writer, std::unique_ptr<Readers> readers,
       const SqliteOptions& options)
      : options_(options),
        lock_(std::move(lock)),
        writer_(std::move(writer)),
        readers_(std::move(readers)),
        writes_(
            *writer_, [this](LeaseId lease) { return leases_.IsAlive(lease); }, changed_),
        leases_(writer_->first_lease(),
                [this](const std::vector<LeaseId>& ended) { return RemoveKeys(ended); }),
        write_thread_(1, 2 * options.operations_waiting_max),
        read_threads_(options.reader_count, options.operations_waiting_max) {}

  // Runs `read`, which takes a Reader, on a thread that may block.
  template <typename Read>
  Task<std::invoke_result_t<Read, Reader&>> DoRead(Deadline deadline, Read read) {
    TT_CO_RETURN_IF_ERROR(co_await CheckWanted(deadline));
    co_return co_await read_threads_.Run([&]() -> std::invoke_result_t<Read, Reader&> {
      if (writer_->in_doubt()) {
        return Fail(ErrorCode::kUnavailable,
                    "the disk could not confirm a change: check it and restart TritonTube");
      }
      if (deadline.HasPassed()) {
        return Fail(ErrorCode::kDeadlineExceeded, "the disk was busy for too long");
      }
      return readers_->With(read);
    });
  }

  Task<Result<TxnAnswer>> DoWrite(WriteRequest request) {
    TT_CO_RETURN_IF_ERROR(co_await CheckWanted(request.deadline));
    const Place place(writes_waiting_, options_.operations_waiting_max);
    if (!place.taken()) {
      co_return Fail(ErrorCode::kResourceExhausted, "{} changes already wait for the disk",
                     options_.operations_waiting_max);
    }
    writes_.Add(request);
    const Result<bool> finished = co_await write_thread_.Run([&] {
      writes_.Finish(request);
      return Result<bool>(true);
    });
    TT_ASSERT(finished.has_value(), "{}", finished.error().message());
    co_return *std::move(request.answer);
  }

  std::vector<NamedQueueLoad> queues() const {
    return {{"metadata_reads", {read_threads_.pending(), options_.operations_waiting_max}},
            {"metadata_writes", {writes_waiting_, options_.operations_waiting_max}}};
  }

  // True also when a look would only say what is wrong.
  bool HasNewsAfter(Revision told) const {
    return writer_->in_doubt() || writer_->revision() > told;
  }
  LeaseSweeper& leases() { return leases_; }
  async::Event& changed() { return changed_; }
  const SqliteOptions& options() const { return options_; }

 private:
  // On the thread of the leases.
  bool RemoveKeys(const std::vector<LeaseId>& ended) {
    WriteRequest request{.ended_leases = ended};
    writes_.Add(request);
    writes_.Finish(request);
    return request.answer->has_value();
  }

  // In this order: what stands lower uses what stands higher, on threads that
  // end before it does.
  const SqliteOptions options_;
  const FolderLock lock_;
  const std::unique_ptr<Writer> writer_;
  const std::unique_ptr<Readers> readers_;
  async::Event changed_;
  WriteQueue writes_;
  LeaseSweeper leases_;
  std::atomic<std::size_t> writes_waiting_ = 0;
  async::BlockingPool write_thread_;
  async::BlockingPool read_threads_;

 public:
  // A subscription reads the table of changes whenever something was written.
  class Subscription final : public coordination::Watch {
   public:
    Subscription(Impl& engine, std::string prefix, Revision after)
        : engine_(engine), prefix_(std::move(prefix)), told_(after) {}

    Task<Result<WatchBatch>> Next(Deadline deadline) override {
      for (;;) {
        TT_CO_RETURN_IF_ERROR(co_await CheckWanted(Deadline::Never()));
        const std::uint64_t seen = engine_.changed().count();
        // Most of those who look find nothing new: they need no thread for that.
        WatchBatch batch{.events = {}, .revision = told_};
        if (engine_.HasNewsAfter(told_)) {
          TT_CO_ASSIGN_OR_RETURN(batch, co_await Look());
          told_ = batch.revision;
        }
        if (!batch.events.empty() || deadline.HasPassed()) co_return batch;
        co_await engine_.changed().WaitBeyond(seen, deadline);
      }
    }

   private:
    Task<Result<WatchBatch>> Look() {
      // Looking once is quick, and also done for those who do not want to wait.
      co_return co_await engine_.DoRead(Deadline::Never(), [this](Reader& reader) {
        return reader.EventsAfter(prefix_, told_, engine_.options().watch_events_max);
      });
    }

    Impl& engine_;
    const std::string prefix_;
    Revision told_;
  };
};

SqliteCoordination::SqliteCoordination(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteCoordination::~SqliteCoordination() = default;

Result<std::unique_ptr<SqliteCoordination>> SqliteCoordination::Open(
    const std::filesystem::path& folder, const SqliteOptions& options) {
  TT_ASSIGN_OR_RETURN(FolderLock lock, FolderLock::Take(folder));
  // Absolute, because SQLite takes a name that begins with "file:" for a URI.
  const std::filesystem::path file = std::filesystem::absolute(folder) / "coordination.db";
  CreatePrivately(file);
  TT_ASSIGN_OR_RETURN(std::unique_ptr<Writer> writer, Writer::Open(file, options.history_max));
  TT_ASSIGN_OR_RETURN(std::unique_ptr<Readers> readers, Readers::Open(file, options.reader_count));
  TT_RETURN_IF_ERROR(SyncFolder(folder));
  return std::unique_ptr<SqliteCoordination>(new SqliteCoordination(
      std::make_unique<Impl>(std::move(lock), std::move(writer), std::move(readers), options)));
}

std::vector<NamedQueueLoad> SqliteCoordination::queues() const { return impl_->queues(); }

Task<Result<GetAnswer>> SqliteCoordination::Get(std::string key, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(coordination::CheckKey(key));
  co_return co_await impl_->DoRead(deadline, [&](Reader& reader) { return reader.Get(key); });
}

Task<Result<RangePage>> SqliteCoordination::Range(RangeRequest request, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(coordination::Check(request));
  co_return co_await impl_->DoRead(deadline, [&](Reader& reader) { return reader.Range(request); });
}

Task<Result<TxnAnswer>> SqliteCoordination::Commit(Txn txn, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(coordination::Check(txn));
  // Looking must not wait behind those who write, and for their fsyncs.
  if (!Writes(txn)) {
    co_return co_await impl_->DoRead(deadline, [&](Reader& reader) { return reader.Decide(txn); });
  }
  co_return co_await impl_->DoWrite({.txn = &txn, .deadline = deadline});
}

Task<Result<LeaseId>> SqliteCoordination::GrantLease(std::chrono::milliseconds ttl,
                                                     Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await CheckWanted(deadline));
  co_return impl_->leases().Grant(ttl);
}

Task<Result<void>> SqliteCoordination::RenewLease(LeaseId lease, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await CheckWanted(deadline));
  co_return impl_->leases().Renew(lease);
}

Task<Result<void>> SqliteCoordination::RevokeLease(LeaseId lease, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await CheckWanted(deadline));
  impl_->leases().End(lease);
  // The sweeper would do it soon, but the caller wants to know that it is done.
  TT_CO_RETURN_IF_ERROR(co_await impl_->DoWrite({.ended_leases = {lease}, .deadline = deadline}));
  co_return Result<void>();
}

std::unique_ptr<coordination::Watch> SqliteCoordination::WatchPrefix(std::string prefix,
                                                                     Revision after) {
  return std::make_unique<Impl::Subscription>(*impl_, std::move(prefix), after);
}

}  // namespace tritontube::sqlite
