#include "adapters/search/sqlite_search_index.h"

#include <mutex>
#include <vector>

#include "adapters/search/index_database.h"
#include "adapters/sqlite/folder_lock.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/semaphore.h"

namespace tritontube::search {

using async::Task;
using catalog::IndexChanges;
using catalog::SearchPage;
using catalog::SearchQuery;

namespace {

constexpr std::size_t kWritesWaitingMax = 16;

// One that writes and some that read, all on one file.
struct Connections {
  std::unique_ptr<IndexDatabase> writer;
  std::vector<std::unique_ptr<IndexDatabase>> readers;
};

Result<Connections> OpenAll(const std::filesystem::path& file, const SearchIndexOptions& options) {
  using Access = IndexDatabase::Access;
  Connections all;
  TT_ASSIGN_OR_RETURN(all.writer,
                      IndexDatabase::Open(file, Access::kWrite, options.walked_matches_min));
  for (std::size_t i = 0; i < options.reader_count; ++i) {
    TT_ASSIGN_OR_RETURN(auto reader,
                        IndexDatabase::Open(file, Access::kRead, options.walked_matches_min));
    all.readers.push_back(std::move(reader));
  }
  return all;
}

Result<void> RemoveFile(const std::filesystem::path& file) {
  std::error_code error;
  std::filesystem::remove(file, error);
  if (!error) return {};
  return Fail(ErrorCode::kFailedPrecondition, "{} cannot be removed: {}", file.string(),
              error.message());
}

Result<Connections> StartOver(const std::filesystem::path& file,
                              const SearchIndexOptions& options) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    TT_RETURN_IF_ERROR(RemoveFile(file.string() + suffix));
  }
  return OpenAll(file, options);
}

// What is no index of ours becomes one that is empty.
Result<Connections> OpenOrStartOver(const std::filesystem::path& file,
                                    const SearchIndexOptions& options) {
  Result<Connections> all = OpenAll(file, options);
  const bool is_unusable = !all && (all.error().code() == ErrorCode::kCorrupt ||
                                    all.error().code() == ErrorCode::kInternal);
  return is_unusable ? StartOver(file, options) : std::move(all);
}

}  // namespace

class SqliteSearchIndex::Impl {
 public:
  Impl(sqlite::FolderLock lock, std::filesystem::path file, const SearchIndexOptions& options,
       Connections connections)
      : lock_(std::move(lock)),
        file_(std::move(file)),
        options_(options),
        writer_(std::move(connections.writer)),
        idle_readers_(std::move(connections.readers)),
        turns_(options_.reader_count),
        write_thread_(1, kWritesWaitingMax),
        // Those who may read hold a turn, so that no more than these come.
        read_threads_(options_.reader_count, options_.reader_count + 1) {}

  template <typename Write>
  Task<std::invoke_result_t<Write, IndexDatabase&>> DoWrite(Write write) {
    co_return co_await write_thread_.Run([&]() -> std::invoke_result_t<Write, IndexDatabase&> {
      if (!writer_) return Fail(ErrorCode::kUnavailable, "the search index could not be opened");
      return write(*writer_);
    });
  }

  Task<Result<SearchPage>> Find(SearchQuery query, Deadline deadline) {
    TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit turn,
                           co_await turns_.Acquire(1, deadline));
    co_return co_await read_threads_.Run([&]() -> Result<SearchPage> {
      std::unique_ptr<IndexDatabase> reader = TakeReader();
      if (!reader) return Fail(ErrorCode::kUnavailable, "the search index could not be opened");
      auto page = reader->Find(query);
      GiveBack(std::move(reader));
      return page;
    });
  }

  Task<Result<void>> Clear(Deadline deadline) {
    // Nobody reads while the files go: the last connection of the old ones would
    // take the new ones' log with it.
    TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit turn,
                           co_await turns_.Acquire(options_.reader_count, deadline));
    co_return co_await write_thread_.Run([&]() -> Result<void> {
      writer_.reset();
      idle_readers_.clear();
      TT_ASSIGN_OR_RETURN(Connections fresh, StartOver(file_, options_));
      writer_ = std::move(fresh.writer);
      idle_readers_ = std::move(fresh.readers);
      return {};
    });
  }

 private:
  std::unique_ptr<IndexDatabase> TakeReader() {
    const std::lock_guard lock(mutex_);
    if (idle_readers_.empty()) return nullptr;
    std::unique_ptr<IndexDatabase> reader = std::move(idle_readers_.back());
    idle_readers_.pop_back();
    return reader;
  }
  void GiveBack(std::unique_ptr<IndexDatabase> reader) {
    const std::lock_guard lock(mutex_);
    idle_readers_.push_back(std::move(reader));
  }

  const sqlite::FolderLock lock_;
  const std::filesystem::path file_;
  const SearchIndexOptions options_;
  std::unique_ptr<IndexDatabase> writer_;  // The write thread's; none after a failed Clear().
  std::mutex mutex_;
  std::vector<std::unique_ptr<IndexDatabase>> idle_readers_;
  async::Semaphore turns_;
  async::BlockingPool write_thread_;
  async::BlockingPool read_threads_;
};

SqliteSearchIndex::SqliteSearchIndex(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteSearchIndex::~SqliteSearchIndex() = default;

Result<std::unique_ptr<SqliteSearchIndex>> SqliteSearchIndex::Open(
    const std::filesystem::path& folder, const SearchIndexOptions& options) {
  TT_ASSIGN_OR_RETURN(sqlite::FolderLock lock, sqlite::FolderLock::Take(folder));
  // Absolute, because SQLite takes a name that begins with "file:" for a URI.
  std::filesystem::path file = std::filesystem::absolute(folder) / "search.db";
  TT_ASSIGN_OR_RETURN(Connections connections, OpenOrStartOver(file, options));
  return std::unique_ptr<SqliteSearchIndex>(new SqliteSearchIndex(
      std::make_unique<Impl>(std::move(lock), std::move(file), options, std::move(connections))));
}

Task<Result<std::optional<coordination::Revision>>> SqliteSearchIndex::Position(
    Deadline /*deadline*/) {
  co_return co_await impl_->DoWrite([](IndexDatabase& database) { return database.Position(); });
}

Task<Result<void>> SqliteSearchIndex::Apply(IndexChanges changes, Deadline /*deadline*/) {
  co_return co_await impl_->DoWrite(
      [&](IndexDatabase& database) { return database.Apply(changes); });
}

Task<Result<void>> SqliteSearchIndex::Clear(Deadline deadline) { return impl_->Clear(deadline); }

Task<Result<SearchPage>> SqliteSearchIndex::Find(SearchQuery query, Deadline deadline) {
  return impl_->Find(std::move(query), deadline);
}

}  // namespace tritontube::search
