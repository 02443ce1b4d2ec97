#pragma once

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "core/blob/blob_store.h"

namespace tritontube::support {

// Another store, and what is read of it. Reads are counted on one thread.
class CountingBlobStore final : public blob::BlobStore {
 public:
  explicit CountingBlobStore(blob::BlobStore& store) : store_(store) {}

  std::size_t read_count() const { return read_count_; }
  ByteCount read_bytes() const { return read_bytes_; }
  std::size_t most_reads_at_once() const { return most_at_once_; }
  // The largest range of any read.
  ByteCount longest_read() const { return longest_read_; }

  async::Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) override {
    return store_.Put(std::move(batch), deadline);
  }
  async::Task<Result<blob::Bytes>> Get(blob::BlobKey key, blob::ByteRange range,
                                       Deadline deadline) override {
    ++read_count_;
    read_bytes_ += range.length;
    longest_read_ = std::max(longest_read_, range.length);
    most_at_once_ = std::max(most_at_once_, ++at_once_);
    Result<blob::Bytes> bytes = co_await store_.Get(std::move(key), range, deadline);
    --at_once_;
    co_return bytes;
  }
  async::Task<Result<blob::Bytes>> GetWhole(blob::BlobKey key, Deadline deadline) override {
    return store_.GetWhole(std::move(key), deadline);
  }
  async::Task<Result<blob::BlobStat>> Stat(blob::BlobKey key, Deadline deadline) override {
    return store_.Stat(std::move(key), deadline);
  }
  async::Task<Result<void>> RemoveUpload(VideoId video, UploadId upload,
                                         Deadline deadline) override {
    return store_.RemoveUpload(std::move(video), std::move(upload), deadline);
  }
  async::Task<Result<blob::ScanPage>> Scan(blob::ScanRequest request, Deadline deadline) override {
    return store_.Scan(std::move(request), deadline);
  }
  async::Task<Result<blob::StoreStatus>> Status(Deadline deadline) override {
    return store_.Status(deadline);
  }

 private:
  blob::BlobStore& store_;
  std::size_t read_count_ = 0;
  ByteCount read_bytes_ = 0;
  ByteCount longest_read_ = 0;
  std::size_t at_once_ = 0;
  std::size_t most_at_once_ = 0;
};

}  // namespace tritontube::support
