#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "core/media/presentation.h"
#include "domain/catalog/video.h"

namespace tritontube::chunks {

// Names a chunk: of which video, of which set of chunks (what they make is stored
// under `output`, and another plan has another one), and the how many-th, from 0.
struct ChunkId {
  VideoId video;
  UploadId output;
  std::uint32_t number = 0;

  auto operator<=>(const ChunkId&) const = default;
};

inline constexpr std::string_view kRowPrefix = "chunk/row/";
inline constexpr std::string_view kClaimPrefix = "chunk/claim/";
// Everything that a worker looks at.
inline constexpr std::string_view kPrefix = "chunk/";

std::string RowKey(const ChunkId& id);
std::string ClaimKey(const ChunkId& id);
// The rows of one set, in their order.
std::string SetPrefix(const VideoId& video, const UploadId& output);
// The chunk that a key of ours ends with.
std::optional<ChunkId> ChunkOf(std::string_view key);

// What a chunk became.
struct ChunkMade {
  std::string worker;  // Who has made it.
  double cpu_seconds = 0;
  // Of every rung, with the chunk's own segments.
  std::vector<media::Rendition> renditions = {};

  bool operator==(const ChunkMade&) const = default;
};

// A chunk that is to be made, or what became of it.
struct ChunkRow {
  ChunkId id;
  // The attempts at it. `created` is the video's, so that older ones go first.
  catalog::JobRow job;
  std::int64_t first_frame = 0;
  std::int64_t end_frame = 0;       // Behind the last; 0: to the end of the source.
  std::uint64_t first_segment = 0;  // So many segments lie before it.
  double cpu_seconds = 0;           // That it is expected to take.
  std::string failed_on = {};       // The worker that tried it last.
  std::optional<ChunkMade> made = {};
  // It will not be tried again.
  std::optional<catalog::Failure> failure = {};

  bool operator==(const ChunkRow&) const = default;
};

// Says that a worker makes the chunk. Goes with the worker's lease.
struct ChunkClaim {
  UploadId claim;  // No two are the same.
  std::string worker;

  bool operator==(const ChunkClaim&) const = default;
};

// As in catalog/codec.h.
std::string Encode(const ChunkRow& row);
std::string Encode(const ChunkClaim& claim);
Result<ChunkRow> DecodeChunkRow(std::string_view text);
Result<ChunkClaim> DecodeChunkClaim(std::string_view text);

}  // namespace tritontube::chunks
