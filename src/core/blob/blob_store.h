#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/ids.h"
#include "core/blob/bytes.h"
#include "foundation/async/task.h"

// The second seam: immutable bytes under names.
namespace tritontube::blob {

// Uploads never reuse an id and blobs never change, so the same key always
// means the same bytes, on every machine and after every restart.
struct BlobKey {
  VideoId video;
  UploadId upload;
  std::string file;  // 1 to 128 characters of A-Z a-z 0-9 . - _

  auto operator<=>(const BlobKey&) const = default;
};

bool IsWellFormedFileName(std::string_view file);

struct Blob {
  BlobKey key;
  Bytes bytes;
};

struct ByteRange {
  ByteCount offset = 0;
  ByteCount length = 0;

  ByteCount end() const { return offset + length; }
  bool operator==(const ByteRange&) const = default;
};

// XXH3-128 of a blob's bytes: tells two blobs apart, and what was stored from
// what was meant to be stored.
struct Digest {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  auto operator<=>(const Digest&) const = default;
  std::string ToHex() const;  // 32 lower-case hexadecimal digits.
  static std::optional<Digest> FromHex(std::string_view hex);
};

Digest DigestOf(const Bytes& bytes);

struct BlobStat {
  ByteCount size = 0;
  Digest digest;
};

struct ScanRequest {
  std::optional<BlobKey> after = {};  // Only keys greater than this one.
  // Only blobs of this upload.
  std::optional<std::pair<VideoId, UploadId>> upload = {};
  std::size_t limit = 1000;
  // Of each upload only the first blob that is greater.
  bool one_of_each_upload = false;
};

struct ScanItem {
  BlobKey key;
  BlobStat stat;
};

struct ScanPage {
  std::vector<ScanItem> items;  // In order of the key: video, upload, file.
  bool more = false;
};

struct StoreStatus {
  ByteCount stored_bytes = 0;       // What the blobs take, as far as the store knows.
  ByteCount free_bytes = 0;         // What the disk still has.
  ByteCount capacity_bytes = 0;     // What is used of the disk, by anybody, and free.
  std::uint64_t corrupt_count = 0;  // Mismatches met since the start.
  bool read_only = false;
};

// Errors of every method: kUnavailable, kDeadlineExceeded, kCancelled,
// kResourceExhausted (disk or queue full; the message says which),
// kInvalidArgument for a malformed file name. Safe to call from any io_context.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // All of the batch, durable when this returns. Putting the same bytes again
  // is no error; other bytes under a stored key are kAlreadyExists and change
  // nothing. A batch is at most kBatchBytesMax and names no key twice, or it is
  // kInvalidArgument. Readers see all of it or none. On any other error each
  // blob of the batch may or may not be stored.
  virtual async::Task<Result<void>> Put(std::vector<Blob> batch, Deadline deadline) = 0;

  // kNotFound, kOutOfRange when the range goes beyond the end, kCorrupt when
  // what is stored does not match its checksum: such bytes are never returned.
  virtual async::Task<Result<Bytes>> Get(BlobKey key, ByteRange range, Deadline deadline) = 0;
  virtual async::Task<Result<Bytes>> GetWhole(BlobKey key, Deadline deadline) = 0;
  virtual async::Task<Result<BlobStat>> Stat(BlobKey key, Deadline deadline) = 0;

  // Forgets every blob of an upload. Nothing stored is no error.
  virtual async::Task<Result<void>> RemoveUpload(VideoId video, UploadId upload,
                                                 Deadline deadline) = 0;

  virtual async::Task<Result<ScanPage>> Scan(ScanRequest request, Deadline deadline) = 0;
  virtual async::Task<Result<StoreStatus>> Status(Deadline deadline) = 0;
};

inline constexpr ByteCount kBatchBytesMax = ByteCount{64} << 20U;

// What every engine refuses before it does anything: kInvalidArgument for a
// malformed name, a key that stands twice or more than kBatchBytesMax.
Result<void> CheckBatch(const std::vector<Blob>& batch);
// kOutOfRange unless the range lies within a blob of `size` bytes.
Result<void> CheckRange(const BlobKey& key, ByteRange range, ByteCount size);
// "video/upload/file", for messages.
std::string ToText(const BlobKey& key);

}  // namespace tritontube::blob
