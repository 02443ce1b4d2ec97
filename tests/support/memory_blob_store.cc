#include "support/memory_blob_store.h"

#include <algorithm>
#include <utility>

#include "foundation/async/sleep.h"

namespace tritontube::support {

namespace {

constexpr ByteCount kCapacity = ByteCount{1} << 30U;

std::unexpected<Error> NotFound(const blob::BlobKey& key) {
  return Fail(ErrorCode::kNotFound, "{} is not stored", blob::ToText(key));
}

bool IsOfUpload(const blob::BlobKey& key, const VideoId& video, const UploadId& upload) {
  return key.video == video && key.upload == upload;
}

}  // namespace

void MemoryBlobStore::FailNext(Operation operation, Error error, int count) {
  const std::lock_guard lock(mutex_);
  Script& script = ScriptOf(operation);
  script.error = std::move(error);
  script.error_count = count;
}

void MemoryBlobStore::Delay(Operation operation, std::chrono::milliseconds duration) {
  const std::lock_guard lock(mutex_);
  ScriptOf(operation).delay = duration;
}

void MemoryBlobStore::SetFull(bool full) {
  const std::lock_guard lock(mutex_);
  full_ = full;
}

void MemoryBlobStore::SetFree(ByteCount bytes) {
  const std::lock_guard lock(mutex_);
  free_bytes_ = bytes;
}

void MemoryBlobStore::Corrupt(const blob::BlobKey& key) {
  const std::lock_guard lock(mutex_);
  corrupt_.insert(key);
}

void MemoryBlobStore::Garble(const blob::BlobKey& key) {
  const std::lock_guard lock(mutex_);
  garbled_.insert(key);
}

void MemoryBlobStore::Forget() {
  const std::lock_guard lock(mutex_);
  met_.clear();
}

std::size_t MemoryBlobStore::call_count(Operation operation) const {
  const std::lock_guard lock(mutex_);
  return scripts_.at(static_cast<std::size_t>(operation)).call_count;
}

std::size_t MemoryBlobStore::blob_count() const {
  const std::lock_guard lock(mutex_);
  return blobs_.size();
}

bool MemoryBlobStore::Has(const blob::BlobKey& key) const {
  const std::lock_guard lock(mutex_);
  return blobs_.contains(key);
}

async::Task<Result<void>> MemoryBlobStore::Begin(Operation operation, Deadline deadline) {
  std::optional<Error> error;
  std::chrono::milliseconds delay{0};
  {
    const std::lock_guard lock(mutex_);
    Script& script = ScriptOf(operation);
    ++script.call_count;
    delay = script.delay;
    if (script.error_count > 0) {
      --script.error_count;
      error = script.error;
    }
  }
  if (delay.count() > 0) {
    co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(delay)));
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
  if (deadline.HasPassed()) {
    co_return Fail(ErrorCode::kDeadlineExceeded, "the store did not answer in time");
  }
  if (error) co_return std::unexpected(*std::move(error));
  co_return Result<void>{};
}

async::Task<Result<void>> MemoryBlobStore::Put(std::vector<blob::Blob> batch, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(blob::CheckBatch(batch));
  TT_CO_RETURN_IF_ERROR(co_await Begin(Operation::kPut, deadline));
  co_return Store(batch);
}

Result<void> MemoryBlobStore::Store(const std::vector<blob::Blob>& batch) {
  const std::lock_guard lock(mutex_);
  if (full_) return Fail(ErrorCode::kResourceExhausted, "the disk is full");
  std::vector<std::pair<blob::BlobKey, Stored>> fresh;
  for (const blob::Blob& blob : batch) {
    const blob::Digest digest = blob::DigestOf(blob.bytes);
    const auto stored = blobs_.find(blob.key);
    if (stored == blobs_.end()) {
      fresh.emplace_back(blob.key, Stored{.bytes = blob.bytes.Flatten(), .digest = digest});
    } else if (stored->second.digest != digest ||
               stored->second.bytes.size() != blob.bytes.size()) {
      return Fail(ErrorCode::kAlreadyExists, "{} is stored with other bytes",
                  blob::ToText(blob.key));
    }
  }
  for (const blob::Blob& blob : batch) {
    if (met_.erase(blob.key) == 0) continue;
    corrupt_.erase(blob.key);
    garbled_.erase(blob.key);
  }
  for (auto& [key, stored] : fresh) blobs_.emplace(std::move(key), std::move(stored));
  return {};
}

async::Task<Result<blob::Bytes>> MemoryBlobStore::Get(blob::BlobKey key, blob::ByteRange range,
                                                      Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(Operation::kGet, deadline));
  co_return Read(key, range);
}

async::Task<Result<blob::Bytes>> MemoryBlobStore::GetWhole(blob::BlobKey key, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(Operation::kGet, deadline));
  co_return Read(key, std::nullopt);
}

Result<blob::Bytes> MemoryBlobStore::Read(const blob::BlobKey& key,
                                          std::optional<blob::ByteRange> range) {
  const std::lock_guard lock(mutex_);
  const auto stored = blobs_.find(key);
  if (stored == blobs_.end()) return NotFound(key);
  const std::string& bytes = stored->second.bytes;
  if (!range) range = blob::ByteRange{.offset = 0, .length = bytes.size()};
  TT_RETURN_IF_ERROR(blob::CheckRange(key, *range, bytes.size()));
  if (corrupt_.contains(key)) {
    ++corrupt_count_;
    met_.insert(key);
    return Fail(ErrorCode::kCorrupt, "{} does not match its checksum", blob::ToText(key));
  }
  std::string part = bytes.substr(range->offset, range->length);
  if (garbled_.contains(key)) std::ranges::reverse(part);
  return blob::Bytes(std::move(part));
}

async::Task<Result<blob::BlobStat>> MemoryBlobStore::Stat(blob::BlobKey key, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(Operation::kStat, deadline));
  const std::lock_guard lock(mutex_);
  const auto stored = blobs_.find(key);
  if (stored == blobs_.end()) co_return NotFound(key);
  co_return blob::BlobStat{.size = stored->second.bytes.size(), .digest = stored->second.digest};
}

async::Task<Result<void>> MemoryBlobStore::RemoveUpload(VideoId video, UploadId upload,
                                                        Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(Operation::kRemoveUpload, deadline));
  const std::lock_guard lock(mutex_);
  std::erase_if(blobs_, [&](const auto& entry) { return IsOfUpload(entry.first, video, upload); });
  for (std::set<blob::BlobKey>* const keys : {&corrupt_, &garbled_, &met_}) {
    std::erase_if(*keys, [&](const auto& key) { return IsOfUpload(key, video, upload); });
  }
  co_return Result<void>{};
}

async::Task<Result<void>> MemoryBlobStore::Remove(std::vector<blob::BlobKey> keys,
                                                  Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(Operation::kRemoveUpload, deadline));
  const std::lock_guard lock(mutex_);
  for (const blob::BlobKey& key : keys) {
    blobs_.erase(key);
    corrupt_.erase(key);
    garbled_.erase(key);
    met_.erase(key);
  }
  co_return Result<void>{};
}

async::Task<Result<std::vector<blob::BlobKey>>> MemoryBlobStore::Damaged(Deadline /*deadline*/) {
  const std::lock_guard lock(mutex_);
  co_return std::vector<blob::BlobKey>(met_.begin(), met_.end());
}

void MemoryBlobStore::MarkDamaged(const blob::BlobKey& key, std::string_view /*why*/) {
  const std::lock_guard lock(mutex_);
  if (blobs_.contains(key)) met_.insert(key);
}

async::Task<Result<blob::ScanPage>> MemoryBlobStore::Scan(blob::ScanRequest request,
                                                          Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(Operation::kScan, deadline));
  const std::lock_guard lock(mutex_);
  blob::ScanPage page;
  auto entry = request.after ? blobs_.upper_bound(*request.after) : blobs_.begin();
  for (; entry != blobs_.end(); ++entry) {
    const auto& [key, stored] = *entry;
    if (request.upload && !IsOfUpload(key, request.upload->first, request.upload->second)) continue;
    const bool is_next = !page.items.empty() &&
                         IsOfUpload(key, page.items.back().key.video, page.items.back().key.upload);
    if (is_next && request.one_of_each_upload) continue;
    if (page.items.size() == request.limit) {
      page.more = true;
      break;
    }
    page.items.push_back(
        {.key = key, .stat = {.size = stored.bytes.size(), .digest = stored.digest}});
  }
  co_return page;
}

async::Task<Result<blob::StoreStatus>> MemoryBlobStore::Status(Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(Operation::kStatus, deadline));
  const std::lock_guard lock(mutex_);
  blob::StoreStatus status{
      .capacity_bytes = kCapacity, .corrupt_count = corrupt_count_, .read_only = full_};
  for (const auto& [key, stored] : blobs_) status.stored_bytes += stored.bytes.size();
  const ByteCount left = kCapacity - std::min(kCapacity, status.stored_bytes);
  status.free_bytes = full_ ? 0 : free_bytes_.value_or(left);
  co_return status;
}

}  // namespace tritontube::support
