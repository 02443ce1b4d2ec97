#include "app/restore.h"

#include <nlohmann/json.hpp>

#include "adapters/backup_folder/folder_backup.h"
#include "adapters/local_files/files.h"
#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "adapters/sqlite/sqlite_coordination.h"
#include "app/client/api.h"
#include "app/client/text.h"
#include "app/data_folder.h"
#include "base/printable.h"
#include "foundation/async/io_pool.h"
#include "services/backup/restore.h"

namespace tritontube::app {

namespace fs = std::filesystem;
using backup::RestoreReport;

namespace {

// Lies in the data folder, so that the two are on one disk.
constexpr std::string_view kUnfinished = ".restore-unfinished";

// What is left of a restore that was stopped does not count.
Result<void> CheckIsEmpty(const fs::path& data) {
  std::error_code failed;
  for (fs::directory_iterator at(data, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->path().filename() == kUnfinished) continue;
    return Fail(ErrorCode::kFailedPrecondition,
                "{} is not empty: name a new folder, a restore overwrites nothing", data.string());
  }
  if (failed) return Fail(ErrorCode::kUnavailable, "{}: {}", data.string(), failed.message());
  return {};
}

async::Task<void> RunInto(const archive::SavedBackup& backup, coordination::Coordination& engine,
                          blob::BlobStore& blobs, backup::Restorer::Progress progress,
                          Result<RestoreReport>& report) {
  catalog::Catalog catalog(engine);
  backup::Restorer restorer(catalog, blobs, std::move(progress));
  report = co_await restorer.Restore(backup);
}

// The engines are closed when this returns.
Result<RestoreReport> RestoreInto(const fs::path& folder, const archive::SavedBackup& backup,
                                  const backup::Restorer::Progress& progress) {
  TT_ASSIGN_OR_RETURN(const auto coordination,
                      sqlite::SqliteCoordination::Open(folder / kCoordinationFolder));
  TT_ASSIGN_OR_RETURN(const auto blobs, rocksdb::RocksdbBlobStore::Open(folder / kBlobsFolder));
  const async::IoPool io(1);
  Result<RestoreReport> report;
  async::BlockOn(io.executor(0), RunInto(backup, *coordination, *blobs, progress, report));
  return report;
}

// The rows go last: blobs without rows are garbage, rows without blobs a lie.
Result<void> MoveIntoPlace(const fs::path& unfinished, const fs::path& data) {
  for (const std::string_view name : {kBlobsFolder, kCoordinationFolder}) {
    TT_RETURN_IF_ERROR(
        local_files::Rename(unfinished / name, data / name, local_files::Overwrite::kNo));
  }
  std::error_code failed;
  fs::remove(unfinished, failed);
  return local_files::SyncFolder(data);
}

void Print(client::Terminal& terminal, const RestoreSettings& settings,
           const RestoreReport& report) {
  for (const std::string& problem : report.problems) terminal.Note(Printable(problem));
  if (settings.json) {
    terminal.Result(client::JsonLine({{"folder", settings.data.string()},
                                      {"videos", report.video_count},
                                      {"blobs", report.blob_count},
                                      {"bytes", report.byte_count},
                                      {"problems", report.problems}}));
    return;
  }
  terminal.Result(fmt::format("{} videos, {}: start it with tritontube serve --data {}",
                              report.video_count, client::FormatBytes(report.byte_count),
                              settings.data.string()));
}

}  // namespace

Result<void> Restore(const RestoreSettings& settings, client::Terminal& terminal) {
  TT_ASSIGN_OR_RETURN(const auto backup, backup_folder::FolderBackup::Open(settings.backup));
  std::error_code failed;
  fs::create_directories(settings.data, failed);
  if (failed)
    return Fail(ErrorCode::kUnavailable, "{}: {}", settings.data.string(), failed.message());
  TT_ASSIGN_OR_RETURN(const auto lock, local_files::LockFolder(settings.data));
  TT_RETURN_IF_ERROR(CheckIsEmpty(settings.data));
  const fs::path unfinished = settings.data / kUnfinished;
  fs::remove_all(unfinished, failed);
  fs::create_directory(unfinished, failed);
  if (failed) return Fail(ErrorCode::kUnavailable, "{}: {}", unfinished.string(), failed.message());

  const auto progress = [&terminal](const RestoreReport& report) {
    if (!terminal.WantsProgress(client::Terminal::Clock::now())) return;
    terminal.Progress(fmt::format("restoring  {} videos  {}", report.video_count,
                                  client::FormatBytes(report.byte_count)));
  };
  const Result<RestoreReport> report = RestoreInto(unfinished, backup, progress);
  terminal.EndProgress();
  if (!report) {
    fs::remove_all(unfinished, failed);
    return std::unexpected(report.error());
  }
  TT_RETURN_IF_ERROR(MoveIntoPlace(unfinished, settings.data));
  Print(terminal, settings, *report);
  if (report->problems.empty()) return {};
  return Fail(ErrorCode::kCorrupt, "{} videos could not be restored; all others are",
              report->problems.size());
}

}  // namespace tritontube::app
