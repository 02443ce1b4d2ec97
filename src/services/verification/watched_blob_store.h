#pragma once

#include <atomic>
#include <mutex>
#include <set>

#include "core/blob/blob_store.h"

namespace tritontube::verification {

// A store with a witness: what everybody but the scrub uses. Tells whether
// somebody is using it, and which blobs turned out to be damaged when they were
// read. Safe to use from any thread.
class WatchedBlobStore final : public blob::BlobStore {
 public:
  explicit WatchedBlobStore(blob::BlobStore& store) : store_(store) {}

  async::Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) override;
  async::Task<Result<blob::Bytes>> Get(blob::BlobKey key, blob::ByteRange range,
                                       Deadline deadline) override;
  async::Task<Result<blob::Bytes>> GetWhole(blob::BlobKey key, Deadline deadline) override;
  async::Task<Result<blob::BlobStat>> Stat(blob::BlobKey key, Deadline deadline) override;
  async::Task<Result<void>> RemoveUpload(VideoId video, UploadId upload,
                                         Deadline deadline) override;
  async::Task<Result<blob::ScanPage>> Scan(blob::ScanRequest request, Deadline deadline) override;
  async::Task<Result<blob::StoreStatus>> Status(Deadline deadline) override;

  // Bytes came or went since the last call, or do now.
  bool TakeBusy();
  // The blobs that were met damaged since the last call. At most a thousand are
  // remembered: a scrub finds the others.
  std::set<blob::BlobKey> TakeDamaged();

 private:
  class Use;

  template <typename T>
  Result<T> Noted(const blob::BlobKey& key, Result<T> result);

  blob::BlobStore& store_;
  std::atomic<int> under_way_ = 0;
  std::atomic<bool> used_ = false;
  std::mutex mutex_;
  std::set<blob::BlobKey> damaged_;
};

}  // namespace tritontube::verification
