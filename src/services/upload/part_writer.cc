#include "services/upload/part_writer.h"

#include <algorithm>

namespace tritontube::upload {

PartWriter::PartWriter(async::Executor executor, blob::BlobStore& store, VideoId video,
                       UploadId upload)
    : store_(store), video_(std::move(video)), upload_(std::move(upload)), storing_(executor) {}

async::Task<Result<void>> PartWriter::Write(blob::Bytes bytes, Deadline deadline) {
  for (std::span<const std::byte> span : bytes.spans()) {
    digester_.Add(span);
    size_ += span.size();
    while (!span.empty()) {
      if (pending_.empty()) pending_.reserve(sources::kPartBytes);
      const auto piece = span.first(std::min(span.size(), sources::kPartBytes - pending_.size()));
      pending_ += AsText(piece);
      span = span.subspan(piece.size());
      if (pending_.size() == sources::kPartBytes) {
        TT_CO_RETURN_IF_ERROR(co_await StartPart(deadline));
      }
    }
  }
  co_return stored_;
}

async::Task<Result<void>> PartWriter::Finish(Deadline deadline) {
  if (!pending_.empty()) TT_CO_RETURN_IF_ERROR(co_await StartPart(deadline));
  co_await storing_.Join();
  co_return stored_;
}

async::Task<void> PartWriter::Stop() { co_await storing_.Stop(); }

async::Task<Result<void>> PartWriter::StartPart(Deadline deadline) {
  co_await storing_.Join();
  TT_CO_RETURN_IF_ERROR(stored_);
  blob::Blob part{.key = {video_, upload_, sources::PartFileName(part_count_++)},
                  .bytes = blob::Bytes(std::exchange(pending_, {}))};
  storing_.Spawn(StorePart(std::move(part), deadline));
  co_return Result<void>();
}

async::Task<void> PartWriter::StorePart(blob::Blob part, Deadline deadline) {
  std::vector<blob::Blob> batch;
  batch.push_back(std::move(part));
  stored_ = co_await store_.Put(std::move(batch), deadline);
}

}  // namespace tritontube::upload
