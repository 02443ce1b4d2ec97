#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>

#include "core/blob/local_blob_store.h"

namespace tritontube::support {

// A BlobStore in memory that fails on demand. Faults may be set from any
// thread, also while calls are under way.
class MemoryBlobStore final : public blob::LocalBlobStore {
 public:
  enum class Operation : std::uint8_t { kPut, kGet, kStat, kRemoveUpload, kScan, kStatus };

  // The next `count` calls of `operation` return `error` and change nothing.
  void FailNext(Operation operation, Error error, int count = 1);
  // Calls of `operation` take this long, or until their deadline.
  void Delay(Operation operation, std::chrono::milliseconds duration);
  // Puts are kResourceExhausted and Status is read_only.
  void SetFull(bool full);
  // Status says that the disk has so much free, whatever is stored.
  void SetFree(ByteCount bytes);
  // Every Get of this blob is kCorrupt until it is removed, or put again after somebody has met
  // that.
  void Corrupt(const blob::BlobKey& key);
  // Gives other bytes as if they were right.
  void Garble(const blob::BlobKey& key);
  // What was known to be damaged is not any more, as after a restart.
  void Forget();

  std::size_t call_count(Operation operation) const;
  std::size_t blob_count() const;
  bool Has(const blob::BlobKey& key) const;

  async::Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) override;
  async::Task<Result<blob::Bytes>> Get(blob::BlobKey key, blob::ByteRange range,
                                       Deadline deadline) override;
  async::Task<Result<blob::Bytes>> GetWhole(blob::BlobKey key, Deadline deadline) override;
  async::Task<Result<blob::BlobStat>> Stat(blob::BlobKey key, Deadline deadline) override;
  async::Task<Result<void>> RemoveUpload(VideoId video, UploadId upload,
                                         Deadline deadline) override;
  async::Task<Result<void>> Remove(std::vector<blob::BlobKey> keys, Deadline deadline) override;
  async::Task<Result<std::vector<blob::BlobKey>>> Damaged(Deadline deadline) override;
  void MarkDamaged(const blob::BlobKey& key, std::string_view why) override;
  async::Task<Result<blob::ScanPage>> Scan(blob::ScanRequest request, Deadline deadline) override;
  async::Task<Result<blob::StoreStatus>> Status(Deadline deadline) override;

 private:
  struct Stored {
    std::string bytes;
    blob::Digest digest;
  };
  struct Script {
    std::optional<Error> error;
    int error_count = 0;
    std::chrono::milliseconds delay{0};
    std::size_t call_count = 0;
  };

  // What is scripted for `operation`, and its deadline.
  async::Task<Result<void>> Begin(Operation operation, Deadline deadline);
  Script& ScriptOf(Operation operation) { return scripts_.at(static_cast<std::size_t>(operation)); }
  Result<void> Store(const std::vector<blob::Blob>& batch);
  Result<blob::Bytes> Read(const blob::BlobKey& key, std::optional<blob::ByteRange> range);

  mutable std::mutex mutex_;
  std::map<blob::BlobKey, Stored> blobs_;
  std::set<blob::BlobKey> corrupt_;
  std::set<blob::BlobKey> garbled_;
  std::set<blob::BlobKey> met_;  // Known to be damaged.
  std::array<Script, 6> scripts_;
  bool full_ = false;
  std::optional<ByteCount> free_bytes_;
  std::uint64_t corrupt_count_ = 0;
};

}  // namespace tritontube::support
