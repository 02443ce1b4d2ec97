#pragma once

#include "core/blob/digester.h"
#include "domain/sources/source_parts.h"
#include "foundation/async/task_group.h"

namespace tritontube::upload {

// Cuts a stream into parts and stores them, one behind the other, while the
// next one arrives: at most two parts are in memory. Used by one coroutine; the
// stream is over when Finish() or Stop() has returned.
class PartWriter {
 public:
  PartWriter(async::Executor executor, blob::BlobStore& store, VideoId video, UploadId upload);

  // Takes bytes over; waits while both buffers are full. The error of a part
  // that could not be stored comes with the next call.
  async::Task<Result<void>> Write(blob::Bytes bytes, Deadline deadline);
  // Stores the rest. Everything written is durable when this returns.
  async::Task<Result<void>> Finish(Deadline deadline);
  // Waits until nothing is being stored any more.
  async::Task<void> Stop();

  ByteCount size() const { return size_; }
  blob::Digest digest() const { return digester_.digest(); }

 private:
  async::Task<Result<void>> StartPart(Deadline deadline);
  async::Task<void> StorePart(blob::Blob part, Deadline deadline);

  blob::BlobStore& store_;
  const VideoId video_;
  const UploadId upload_;
  // Less than one part. Bytes are copied here, because a small piece may hold on
  // to the large buffer that it was read into.
  std::string pending_;
  ByteCount size_ = 0;
  ByteCount part_count_ = 0;
  blob::Digester digester_;
  Result<void> stored_ = {};
  async::TaskGroup storing_;
};

}  // namespace tritontube::upload
