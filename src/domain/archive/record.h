#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "base/ids.h"
#include "core/blob/blob_store.h"

// What a backup is made of: a sequence of records, each with a digest, that
// reads the same from a socket and from a file.
namespace tritontube::archive {

// Begins every stream and every file of records. The number is the format's.
inline constexpr std::string_view kBeginning = "tritontube-backup 1\n";

// A video's row, as catalog::Encode() writes it. A later record of the same
// video, of this kind or Gone, takes its place.
struct Video {
  VideoId id;
  std::string row;
  bool operator==(const Video&) const = default;
};

// The video is not in this backup, nor are its uploads: it was deleted
// meanwhile, or, when there is a `problem`, what is stored of it is not whole.
// Ends an upload of it that has begun.
struct Gone {
  VideoId id;
  std::string problem = {};
  bool operator==(const Gone&) const = default;
};

// The blobs of an upload follow, and then Stored.
struct Upload {
  VideoId video;
  UploadId upload;
  bool operator==(const Upload&) const = default;
};

struct Blob {
  std::string file;
  blob::Bytes bytes;
};

// The upload is whole.
struct Stored {
  std::uint64_t blob_count = 0;
  ByteCount byte_count = 0;
  bool operator==(const Stored&) const = default;
};

// The backup is whole. What lacks this record was cut off.
struct End {
  std::int64_t revision = 0;      // Of Coordination: the moment that the videos are of.
  std::uint64_t video_count = 0;  // Without those that are gone.
  bool operator==(const End&) const = default;
};

using Record = std::variant<Video, Gone, Upload, Blob, Stored, End>;

// The record's bytes; a blob's are not copied.
blob::Bytes Write(const Record& record);

// No record's payload is larger.
inline constexpr ByteCount kPayloadBytesMax = blob::kBatchBytesMax;
// No record's first line is longer, its end included.
inline constexpr std::size_t kLineBytesMax = 512;

// Of a record's first line up to its digest, and its payload.
blob::Digest DigestOfRecord(std::string_view words, const blob::Bytes& payload);

}  // namespace tritontube::archive
