#include "services/backup/upload_reader.h"

namespace tritontube::backup {

async::Task<Result<std::optional<archive::Record>>> UploadReader::Next(Deadline deadline) {
  if (!std::exchange(begun_, true)) co_return archive::Upload{video_, upload_};
  while (listed_.empty() && !all_listed_) TT_CO_RETURN_IF_ERROR(co_await Scan(deadline));
  if (listed_.empty()) {
    if (std::exchange(ended_, true)) co_return std::nullopt;
    co_return stored_;
  }
  blob::BlobKey key = std::move(listed_.front().key);
  listed_.pop_front();
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes bytes, co_await store_.GetWhole(key, deadline));
  ++stored_.blob_count;
  stored_.byte_count += bytes.size();
  co_return archive::Blob{std::move(key.file), std::move(bytes)};
}

async::Task<Result<void>> UploadReader::Scan(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      blob::ScanPage page,
      co_await store_.Scan({.after = after_, .upload = std::pair(video_, upload_)}, deadline));
  if (!page.items.empty()) after_ = page.items.back().key;
  std::ranges::move(page.items, std::back_inserter(listed_));
  all_listed_ = !page.more;
  co_return Result<void>();
}

}  // namespace tritontube::backup
