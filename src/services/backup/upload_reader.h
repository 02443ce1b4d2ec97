#pragma once

#include <deque>
#include <optional>

#include "domain/archive/record.h"

namespace tritontube::backup {

// The records of one upload: Upload, its blobs, Stored. One blob at a time is in
// memory. Of no more use after an error.
class UploadReader {
 public:
  UploadReader(blob::BlobStore& store, VideoId video, UploadId upload)
      : store_(store), video_(std::move(video)), upload_(std::move(upload)) {}

  // Nothing after Stored.
  async::Task<Result<std::optional<archive::Record>>> Next(Deadline deadline);

  const UploadId& upload() const { return upload_; }

 private:
  async::Task<Result<void>> Scan(Deadline deadline);

  blob::BlobStore& store_;
  const VideoId video_;
  const UploadId upload_;
  bool begun_ = false;
  bool ended_ = false;
  std::deque<blob::ScanItem> listed_;  // What is still to be read.
  bool all_listed_ = false;
  std::optional<blob::BlobKey> after_;
  archive::Stored stored_;
};

}  // namespace tritontube::backup
