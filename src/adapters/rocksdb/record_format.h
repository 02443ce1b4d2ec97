#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "core/blob/blob_store.h"

// How a blob lies in RocksDB; docs/formats.md says the same in a table.
namespace tritontube::rocksdb {

inline constexpr int kFormatVersion = 1;

// A blob is a head under `video upload file \0` and records under the same
// bytes followed by the record's number, big-endian in 4 bytes. Characters of
// names are greater than \0 and \1, so keys sort as (video, upload, file,
// number) and a blob's head comes before its records.
std::string HeadKey(const blob::BlobKey& key);
std::string RecordKey(std::string_view head_key, std::uint32_t number);
// Greater than every key of this blob, not greater than any key after it.
std::string KeyBehind(const blob::BlobKey& key);
// Nothing for the key of a record and for what is no key of ours.
std::optional<blob::BlobKey> ParseHeadKey(std::string_view key);

// All keys of an upload lie in [begin, end).
struct KeyRange {
  std::string begin;
  std::string end;
};
KeyRange KeysOf(const VideoId& video, const UploadId& upload);

struct Head {
  ByteCount size = 0;
  blob::Digest digest;
  ByteCount record_bytes = 0;  // All records but the last are this long.

  std::uint32_t record_count() const {
    return static_cast<std::uint32_t>((size + record_bytes - 1) / record_bytes);
  }
  bool IsOfSameBytes(const Head& other) const {
    return size == other.size && digest == other.digest;
  }
};

std::string EncodeHead(std::string_view head_key, const Head& head);
// Nothing when the value does not match its checksum.
std::optional<Head> DecodeHead(std::string_view head_key, std::string_view value);

// A record's value is its checksum, then its bytes. The checksum covers the key
// too, so bytes that turn up under another key do not pass.
inline constexpr std::size_t kChecksumBytes = 4;
std::string RecordChecksum(std::string_view record_key,
                           const std::vector<std::span<const std::byte>>& bytes);
// The bytes of a stored record; nothing when they do not match.
std::optional<std::span<const std::byte>> VerifyRecord(std::string_view record_key,
                                                       std::string_view value);

}  // namespace tritontube::rocksdb
