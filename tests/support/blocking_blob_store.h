#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/blob/blob_store.h"
#include "foundation/async/io_pool.h"

namespace tritontube::support {

// A BlobStore for straight-line tests: every call blocks until it is done.
class BlockingBlobStore {
 public:
  explicit BlockingBlobStore(blob::BlobStore& store) : store_(store) {}

  Result<void> Put(std::vector<blob::Blob> batch) {
    return Run(store_.Put(std::move(batch), Soon()));
  }
  Result<void> Put(blob::BlobKey key, std::string bytes) {
    std::vector<blob::Blob> batch;
    batch.push_back({.key = std::move(key), .bytes = blob::Bytes(std::move(bytes))});
    return Put(std::move(batch));
  }
  Result<std::string> Read(blob::BlobKey key) {
    TT_ASSIGN_OR_RETURN(const blob::Bytes bytes, Run(store_.GetWhole(std::move(key), Soon())));
    return bytes.Flatten();
  }
  Result<blob::Bytes> GetRange(blob::BlobKey key, blob::ByteRange range) {
    return Run(store_.Get(std::move(key), range, Soon()));
  }
  Result<void> RemoveUpload(const VideoId& video, const UploadId& upload) {
    return Run(store_.RemoveUpload(video, upload, Soon()));
  }
  Result<blob::ScanPage> Scan(blob::ScanRequest request = {}) {
    return Run(store_.Scan(std::move(request), Soon()));
  }
  Result<blob::StoreStatus> Status() { return Run(store_.Status(Soon())); }

 private:
  static Deadline Soon() { return Deadline::After(std::chrono::minutes(2)); }

  template <typename T>
  Result<T> Run(async::Task<Result<T>> task) {
    return async::BlockOn(pool_.executor(0), std::move(task));
  }

  blob::BlobStore& store_;
  async::IoPool pool_{1};
};

// `size` bytes without a pattern, the same for the same seed.
std::string Noise(ByteCount size, std::uint64_t seed);

// A key of the `upload`th upload of the `video`th video.
blob::BlobKey TestKey(std::string file, int video = 1, int upload = 1);

}  // namespace tritontube::support
