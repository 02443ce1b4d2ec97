#include "services/backup/backup_stream.h"

#include <fmt/format.h>

#include "domain/catalog/codec.h"

namespace tritontube::backup {

namespace {

// For one page, one blob or one look.
constexpr std::chrono::seconds kReadTimeout{60};
// A video that still changes after so many looks is left out.
constexpr int kChangesMax = 5;

Deadline ReadDeadline() { return Deadline::After(kReadTimeout); }

// What trying again cannot mend: the bytes are not there, or not what they were.
bool IsDamage(const Error& error) {
  return error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kDataLoss ||
         error.code() == ErrorCode::kNotFound;
}

}  // namespace

async::Task<Result<std::optional<blob::Bytes>>> BackupStream::Next() {
  if (!std::exchange(begun_, true)) co_return blob::Bytes(std::string(archive::kBeginning));
  while (pending_.empty() && !ended_) {
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the backup was stopped");
    TT_CO_RETURN_IF_ERROR(co_await (rows_.complete() ? AdvanceVideo() : AdvanceRows()));
  }
  if (pending_.empty()) co_return std::nullopt;
  blob::Bytes bytes = std::move(pending_.front());
  pending_.pop_front();
  co_return bytes;
}

async::Task<Result<void>> BackupStream::AdvanceRows() {
  TT_CO_ASSIGN_OR_RETURN(const auto records, co_await rows_.Next(ReadDeadline()));
  // Rows are small: those of a page travel together.
  blob::Bytes page;
  for (const archive::Record& record : records) page.Append(archive::Write(record));
  if (!page.empty()) pending_.push_back(std::move(page));
  co_return Result<void>();
}

async::Task<Result<void>> BackupStream::AdvanceVideo() {
  if (current_) co_return co_await SendNext();
  std::map<VideoId, Contents>& videos = rows_.videos();
  if (videos.empty()) {
    Emit(archive::End{.revision = rows_.revision(), .video_count = video_count_});
    ended_ = true;
    co_return Result<void>();
  }
  auto video = videos.extract(videos.begin());
  current_.emplace(
      Current{.id = std::move(video.key()), .contents = {}, .missing = {}, .reader = {}});
  Begin(std::move(video.mapped()));
  co_return Result<void>();
}

void BackupStream::Begin(Contents contents) {
  current_->contents = std::move(contents);
  for (const UploadId& upload : current_->contents.uploads) {
    if (!have_.contains(upload)) current_->missing.push_back(upload);
  }
}

async::Task<Result<void>> BackupStream::SendNext() {
  Current& video = *current_;
  if (!video.reader) {
    if (video.missing.empty()) co_return co_await Settle(std::nullopt);
    video.reader.emplace(stores_.blobs, video.id, video.missing.front());
    video.missing.pop_front();
    video.was_read = true;
  }
  const auto record = co_await video.reader->Next(ReadDeadline());
  if (!record && IsDamage(record.error())) co_return co_await Settle(record.error().message());
  if (!record) co_return std::unexpected(record.error());
  if (*record) {
    const auto* const stored = std::get_if<archive::Stored>(&**record);
    const auto missing = stored != nullptr ? WhatIsMissing(*stored) : std::nullopt;
    if (missing) co_return co_await Settle(missing);
    Emit(**record);
    co_return Result<void>();
  }
  have_.insert(video.reader->upload());
  video.reader.reset();
  co_return Result<void>();
}

// Blobs that were lost without a trace are not met by a scan.
std::optional<std::string> BackupStream::WhatIsMissing(const archive::Stored& stored) const {
  const Contents& contents = current_->contents;
  const bool is_original = contents.original == current_->reader->upload();
  if (is_original && stored.byte_count != contents.original_size) {
    return fmt::format("{} of the {} bytes of its original are stored", stored.byte_count,
                       contents.original_size);
  }
  if (stored.blob_count == 0) return "nothing of what it plays is stored";
  return std::nullopt;
}

async::Task<Result<void>> BackupStream::Settle(std::optional<std::string> problem) {
  Current& video = *current_;
  video.reader.reset();
  if (!video.was_read) {
    ++video_count_;
    current_.reset();
    co_return Result<void>();
  }
  TT_CO_ASSIGN_OR_RETURN(const auto records,
                         co_await stores_.catalog.FindMany({video.id}, ReadDeadline()));
  const std::optional<catalog::VideoRecord>& record = records.front();
  if (!record) {
    Drop("");
    co_return Result<void>();
  }
  Contents now = ContentsOf(record->row);
  if (now == video.contents) {
    video.was_read = false;
    if (problem) Drop(*std::move(problem));
    co_return Result<void>();
  }
  if (++video.changes > kChangesMax) {
    Drop("it changed all the time");
    co_return Result<void>();
  }
  Emit(archive::Video{video.id, catalog::Encode(record->row)});
  video.missing.clear();
  Begin(std::move(now));
  co_return Result<void>();
}

void BackupStream::Drop(std::string problem) {
  Emit(archive::Gone{current_->id, std::move(problem)});
  current_.reset();
}

}  // namespace tritontube::backup
