#include "services/verification/pass.h"

#include <algorithm>

#include "domain/catalog/view.h"

namespace tritontube::verification {

namespace {

// What is read at once, and so what is in memory.
constexpr ByteCount kPieceBytes = ByteCount{4} << 20U;
constexpr std::size_t kVideosAtOnce = 100;

}  // namespace

Pass::Pass(catalog::Catalog& catalog, blob::BlobStore& store, Scope scope)
    : catalog_(catalog), store_(store), scope_(std::move(scope)) {}

async::Task<Result<std::optional<Step>>> Pass::Next(Deadline deadline) {
  while (next_file_ == files_.size()) {
    TT_CO_ASSIGN_OR_RETURN(const bool opened, co_await OpenNextVideo(deadline));
    if (!opened) co_return std::nullopt;
  }
  TT_CO_ASSIGN_OR_RETURN(Step step, co_await ReadPiece(deadline));
  co_return step;
}

async::Task<Result<bool>> Pass::OpenNextVideo(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const bool found, co_await FindVideos(deadline));
  if (!found) co_return false;
  TT_CO_ASSIGN_OR_RETURN(const auto records,
                         co_await catalog_.FindEach({videos_.front()}, deadline));
  std::vector<FileToCheck> files;
  // What belongs to a video whose row is damaged is not known; DamageLog tells of
  // the row.
  const Result<std::optional<catalog::VideoRecord>>& found_row = records.front();
  if (found_row && *found_row) {
    const std::optional<catalog::VideoRecord>& record = *found_row;
    TT_CO_ASSIGN_OR_RETURN(files, co_await FilesOfVideo(store_, *record, deadline));
    source_ = record->row.source;
  }
  std::erase_if(files, [&](const FileToCheck& file) {
    return (scope_.after && file.key <= *scope_.after) || (scope_.one && file.key != *scope_.one);
  });
  videos_.pop_front();
  files_ = std::move(files);
  next_file_ = 0;
  source_digester_ = blob::Digester();
  source_bytes_ = 0;
  co_return true;
}

// Sees to it that there is a video to open; false when there is none left.
async::Task<Result<bool>> Pass::FindVideos(Deadline deadline) {
  if (!videos_.empty()) co_return true;
  if (found_all_) co_return false;
  if (scope_.only) {
    videos_.push_back(*scope_.only);
    found_all_ = true;
    co_return true;
  }
  if (scope_.after && !last_video_) {
    videos_.push_back(scope_.after->video);
  } else {
    TT_CO_ASSIGN_OR_RETURN(const std::vector<VideoId> ids,
                           co_await catalog_.VideoIds(last_video_, kVideosAtOnce, deadline));
    videos_.assign(ids.begin(), ids.end());
    found_all_ = ids.empty();
  }
  if (!videos_.empty()) last_video_ = videos_.back();
  co_return !videos_.empty();
}

async::Task<Result<Step>> Pass::ReadPiece(Deadline deadline) {
  if (!stat_) {
    const Result<blob::BlobStat> stat = co_await store_.Stat(file().key, deadline);
    if (!stat) co_return co_await FinishUnreadable(stat.error(), deadline);
    stat_ = *stat;
  }
  if (auto fault = FaultOfStat()) co_return co_await Finish(std::move(fault), 0, deadline);
  if (scope_.stat_only) co_return co_await Finish(std::nullopt, 0, deadline);
  const ByteCount length = std::min(kPieceBytes, stat_->size - offset_);
  const Result<blob::Bytes> bytes =
      co_await store_.Get(file().key, {.offset = offset_, .length = length}, deadline);
  if (!bytes) co_return co_await FinishUnreadable(bytes.error(), deadline);
  offset_ += length;
  digester_.Add(*bytes);
  if (file().is_source_part) {
    source_digester_.Add(*bytes);
    source_bytes_ += length;
  }
  if (offset_ < stat_->size) co_return Step{.bytes = length};
  co_return co_await Finish(FaultOfWhole(), length, deadline);
}

// What only fails now and then is passed on, and the step tried again.
async::Task<Result<Step>> Pass::FinishUnreadable(Error error, Deadline deadline) {
  if (error.code() == ErrorCode::kCorrupt) {
    co_return co_await Finish(Corrupt(error.message()), 0, deadline);
  }
  if (error.code() != ErrorCode::kNotFound) co_return std::unexpected(std::move(error));
  std::optional<Damage> damage;
  if (file().promised) {
    damage = Damage{.key = file().key, .kind = Damage::Kind::kMissing, .reason = error.message()};
  }
  co_return co_await Finish(std::move(damage), 0, deadline);
}

async::Task<Result<Step>> Pass::Finish(std::optional<Damage> damage, ByteCount bytes,
                                       Deadline deadline) {
  if (damage) {
    TT_CO_ASSIGN_OR_RETURN(const bool needed, co_await IsNeeded(damage->key, deadline));
    if (!needed) damage.reset();
  }
  Step step{.bytes = bytes, .finished = file().key, .damage = std::move(damage)};
  ++next_file_;
  stat_.reset();
  offset_ = 0;
  digester_ = blob::Digester();
  co_return step;
}

async::Task<Result<bool>> Pass::IsNeeded(blob::BlobKey key, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto records, co_await catalog_.FindEach({key.video}, deadline));
  const Result<std::optional<catalog::VideoRecord>>& record = records.front();
  co_return record && *record&& catalog::Owns(**record, key.upload);
}

Damage Pass::Corrupt(std::string reason) const {
  return {.key = file().key, .kind = Damage::Kind::kCorrupt, .reason = std::move(reason)};
}

std::optional<Damage> Pass::FaultOfStat() const {
  if (file().size && *file().size != stat_->size) {
    return Corrupt(fmt::format("it has {} bytes instead of {}", stat_->size, *file().size));
  }
  if (file().digest && *file().digest != stat_->digest) {
    return Corrupt("it is not the one that was published");
  }
  return std::nullopt;
}

std::optional<Damage> Pass::FaultOfWhole() const {
  if (digester_.digest() != stat_->digest) return Corrupt("its bytes do not match its digest");
  const bool read_whole_source = source_ && source_bytes_ == source_->size;
  if (file().is_source_part && read_whole_source && source_->digest &&
      source_digester_.digest() != *source_->digest) {
    return Corrupt("with this part the original does not match its digest");
  }
  return std::nullopt;
}

}  // namespace tritontube::verification
