#include "services/verification/watched_blob_store.h"

#include <utility>

namespace tritontube::verification {

namespace {

constexpr std::size_t kDamagedMax = 1000;

}  // namespace

class WatchedBlobStore::Use {
 public:
  explicit Use(WatchedBlobStore& store) : store_(store) {
    ++store_.under_way_;
    store_.used_ = true;
  }
  ~Use() { --store_.under_way_; }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  WatchedBlobStore& store_;
};

template <typename T>
Result<T> WatchedBlobStore::Noted(const blob::BlobKey& key, Result<T> result) {
  if (!result && result.error().code() == ErrorCode::kCorrupt) {
    const std::lock_guard lock(mutex_);
    if (damaged_.size() < kDamagedMax) damaged_.insert(key);
  }
  return result;
}

bool WatchedBlobStore::TakeBusy() { return used_.exchange(false) || under_way_ > 0; }

std::set<blob::BlobKey> WatchedBlobStore::TakeDamaged() {
  const std::lock_guard lock(mutex_);
  return std::exchange(damaged_, {});
}

async::Task<Result<void>> WatchedBlobStore::Put(std::vector<blob::Blob> batch, Deadline deadline) {
  const Use use(*this);
  co_return co_await store_.Put(std::move(batch), deadline);
}

async::Task<Result<blob::Bytes>> WatchedBlobStore::Get(blob::BlobKey key, blob::ByteRange range,
                                                       Deadline deadline) {
  const Use use(*this);
  co_return Noted(key, co_await store_.Get(key, range, deadline));
}

async::Task<Result<blob::Bytes>> WatchedBlobStore::GetWhole(blob::BlobKey key, Deadline deadline) {
  const Use use(*this);
  co_return Noted(key, co_await store_.GetWhole(key, deadline));
}

async::Task<Result<blob::BlobStat>> WatchedBlobStore::Stat(blob::BlobKey key, Deadline deadline) {
  co_return Noted(key, co_await store_.Stat(key, deadline));
}

async::Task<Result<void>> WatchedBlobStore::RemoveUpload(VideoId video, UploadId upload,
                                                         Deadline deadline) {
  const Use use(*this);
  co_return co_await store_.RemoveUpload(std::move(video), std::move(upload), deadline);
}

async::Task<Result<blob::ScanPage>> WatchedBlobStore::Scan(blob::ScanRequest request,
                                                           Deadline deadline) {
  return store_.Scan(std::move(request), deadline);
}

async::Task<Result<blob::StoreStatus>> WatchedBlobStore::Status(Deadline deadline) {
  return store_.Status(deadline);
}

}  // namespace tritontube::verification
