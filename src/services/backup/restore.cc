#include "services/backup/restore.h"

#include <fmt/format.h>

#include "domain/catalog/codec.h"

namespace tritontube::backup {

namespace {

constexpr std::chrono::minutes kWriteTimeout{5};
// So many bytes become durable together.
constexpr ByteCount kBatchBytes = ByteCount{16} << 20U;

Deadline WriteDeadline() { return Deadline::After(kWriteTimeout); }

std::unexpected<Error> Damaged(std::string_view what) {
  return Fail(ErrorCode::kCorrupt, "the backup is damaged: {}", what);
}

// Which record of each video counts: its last one, by its place in the list.
using LastRecords = std::map<VideoId, std::uint64_t>;

Result<LastRecords> FindLastRecords(archive::RecordSource& list) {
  LastRecords last;
  for (std::uint64_t place = 0;; ++place) {
    TT_ASSIGN_OR_RETURN(const std::optional<archive::Record> record, list.Next());
    if (!record) return Damaged("its list of videos has no end");
    if (const auto* const video = std::get_if<archive::Video>(&*record)) {
      last.insert_or_assign(video->id, place);
    } else if (const auto* const gone = std::get_if<archive::Gone>(&*record)) {
      last.erase(gone->id);
    } else if (const auto* const end = std::get_if<archive::End>(&*record)) {
      if (end->video_count == last.size()) return last;
      return Damaged("its list of videos is not complete");
    } else {
      return Damaged("its list of videos has other things in it");
    }
  }
}

// What concerns one video, and not the stores everything goes into.
bool IsOfTheBackup(const Error& error) {
  return error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kNotFound;
}

}  // namespace

async::Task<Result<RestoreReport>> Restorer::Restore(const archive::SavedBackup& backup) {
  TT_CO_ASSIGN_OR_RETURN(const auto first_pass, backup.OpenVideos());
  TT_CO_ASSIGN_OR_RETURN(const LastRecords last, FindLastRecords(*first_pass));
  TT_CO_ASSIGN_OR_RETURN(const auto list, backup.OpenVideos());
  for (std::uint64_t place = 0;; ++place) {
    TT_CO_ASSIGN_OR_RETURN(std::optional<archive::Record> record, list->Next());
    if (!record) break;
    auto* const video = std::get_if<archive::Video>(&*record);
    if (video == nullptr) continue;
    const auto counts = last.find(video->id);
    if (counts == last.end() || counts->second != place) continue;
    const std::string id = video->id.text();
    const Result<void> restored = co_await RestoreVideo(backup, std::move(*video));
    if (!restored && !IsOfTheBackup(restored.error())) co_return std::unexpected(restored.error());
    if (restored) ++report_.video_count;
    if (!restored) {
      report_.problems.push_back(fmt::format("video {}: {}", id, restored.error().message()));
    }
    progress_(report_);
  }
  co_return std::move(report_);
}

async::Task<Result<void>> Restorer::RestoreVideo(const archive::SavedBackup& backup,
                                                 archive::Video video) {
  TT_CO_ASSIGN_OR_RETURN(catalog::VideoRow row, catalog::DecodeVideoRow(video.row));
  if (row.id != video.id) co_return Damaged("a row is another video's");
  for (const UploadId& upload : catalog::UploadsOf({.row = row})) {
    TT_CO_RETURN_IF_ERROR(co_await RestoreUpload(backup, row.id, upload));
  }
  co_return co_await catalog_.Restore(std::move(row), WriteDeadline());
}

async::Task<Result<void>> Restorer::RestoreUpload(const archive::SavedBackup& backup, VideoId video,
                                                  UploadId upload) {
  TT_CO_ASSIGN_OR_RETURN(const auto source, backup.OpenUpload(video, upload));
  TT_CO_ASSIGN_OR_RETURN(const std::optional<archive::Record> first, source->Next());
  const auto* const begin = first ? std::get_if<archive::Upload>(&*first) : nullptr;
  if (begin == nullptr || *begin != archive::Upload{video, upload}) {
    co_return Damaged("an upload is another's");
  }
  archive::Stored found;
  std::vector<blob::Blob> batch;
  ByteCount batch_bytes = 0;
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(std::optional<archive::Record> record, source->Next());
    if (!record) co_return Damaged("an upload has no end");
    if (const auto* const stored = std::get_if<archive::Stored>(&*record)) {
      if (*stored != found) co_return Damaged("an upload is not complete");
      co_return co_await PutBatch(std::move(batch));
    }
    auto* const blob = std::get_if<archive::Blob>(&*record);
    if (blob == nullptr) co_return Damaged("an upload has other things in it");
    ++found.blob_count;
    found.byte_count += blob->bytes.size();
    if (batch_bytes + blob->bytes.size() > kBatchBytes) {
      TT_CO_RETURN_IF_ERROR(co_await PutBatch(std::exchange(batch, {})));
      batch_bytes = 0;
    }
    batch_bytes += blob->bytes.size();
    batch.push_back(
        {.key = {video, upload, std::move(blob->file)}, .bytes = std::move(blob->bytes)});
  }
}

async::Task<Result<void>> Restorer::PutBatch(std::vector<blob::Blob> batch) {
  const auto count = batch.size();
  ByteCount bytes = 0;
  for (const blob::Blob& blob : batch) bytes += blob.bytes.size();
  TT_CO_RETURN_IF_ERROR(co_await store_.Put(std::move(batch), WriteDeadline()));
  report_.blob_count += count;
  report_.byte_count += bytes;
  co_return Result<void>();
}

}  // namespace tritontube::backup
