#pragma once

#include <fmt/format.h>

#include <chrono>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/random.h"
#include "core/blob/blob_store.h"

namespace tritontube::measuring {

// Segments of one video, all of the same bytes. A new upload makes them other blobs.
class Segments {
 public:
  explicit Segments(blob::Bytes bytes) : bytes_(std::move(bytes)) {}

  void BeginUpload() { upload_ = UploadId::Generate(random_); }
  const VideoId& video() const { return video_; }
  const UploadId& upload() const { return upload_; }
  const blob::Bytes& bytes() const { return bytes_; }
  blob::BlobKey KeyOf(std::size_t index) const {
    return {.video = video_, .upload = upload_, .file = fmt::format("v720-{:05}.m4s", index)};
  }

  async::Task<void> Put(blob::BlobStore& store, std::size_t index) const {
    std::vector<blob::Blob> batch;
    batch.push_back({.key = KeyOf(index), .bytes = bytes_});
    const auto put =
        co_await store.Put(std::move(batch), Deadline::After(std::chrono::seconds(60)));
    TT_ASSERT(put.has_value(), "{}", put.error().message());
  }

 private:
  SystemRandom random_;
  const VideoId video_ = VideoId::Generate(random_);
  UploadId upload_ = UploadId::Generate(random_);
  const blob::Bytes bytes_;
};

}  // namespace tritontube::measuring
