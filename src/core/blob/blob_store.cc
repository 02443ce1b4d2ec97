#include "core/blob/blob_store.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/blob/digester.h"

namespace tritontube::blob {

namespace {

constexpr std::size_t kFileNameLengthMax = 128;

bool IsFileNameCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

std::optional<std::uint64_t> ParseHex(std::string_view hex) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), number, 16);
  if (error != std::errc() || end != hex.data() + hex.size()) return std::nullopt;
  return number;
}

}  // namespace

bool IsWellFormedFileName(std::string_view file) {
  return !file.empty() && file.size() <= kFileNameLengthMax &&
         std::ranges::all_of(file, IsFileNameCharacter);
}

std::string Digest::ToHex() const { return fmt::format("{:016x}{:016x}", high, low); }

std::optional<Digest> Digest::FromHex(std::string_view hex) {
  if (hex.size() != 32) return std::nullopt;
  const auto high = ParseHex(hex.substr(0, 16));
  const auto low = ParseHex(hex.substr(16));
  if (!high || !low) return std::nullopt;
  return Digest{.high = *high, .low = *low};
}

Digest DigestOf(const Bytes& bytes) {
  Digester digester;
  digester.Add(bytes);
  return digester.digest();
}

Result<void> CheckBatch(const std::vector<Blob>& batch) {
  ByteCount size = 0;
  std::set<BlobKey> keys;
  for (const Blob& blob : batch) {
    if (!IsWellFormedFileName(blob.key.file)) {
      return Fail(ErrorCode::kInvalidArgument, "'{}' cannot be the name of a stored file",
                  blob.key.file);
    }
    if (!keys.insert(blob.key).second) {
      return Fail(ErrorCode::kInvalidArgument, "{} stands twice in one batch", ToText(blob.key));
    }
    size += blob.bytes.size();
  }
  if (size > kBatchBytesMax) {
    return Fail(ErrorCode::kInvalidArgument, "a batch of {} bytes is more than the {} allowed",
                size, kBatchBytesMax);
  }
  return {};
}

Result<void> CheckRange(const BlobKey& key, ByteRange range, ByteCount size) {
  if (range.offset <= size && range.length <= size - range.offset) return {};
  return Fail(ErrorCode::kOutOfRange, "bytes {} to {} of {}, which has {}", range.offset,
              range.offset + range.length, ToText(key), size);
}

std::string ToText(const BlobKey& key) {
  return fmt::format("{}/{}/{}", key.video.text(), key.upload.text(), key.file);
}

}  // namespace tritontube::blob
