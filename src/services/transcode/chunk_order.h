#pragma once

#include <string>
#include <string_view>

#include "core/media/encode_plan.h"
#include "domain/sources/source_parts.h"

namespace tritontube::transcode {

// What every chunk of a set is made of, and by. It lies beside their segments.
struct ChunkOrder {
  // The original, or a copy of it that has an index.
  UploadId source;
  ByteCount source_bytes = 0;
  media::EncodePlan plan;  // Of all pictures, of that source.
};

inline constexpr std::string_view kChunkOrderFile = "chunks.json";

// As in catalog/codec.h.
std::string Encode(const ChunkOrder& order);
Result<ChunkOrder> DecodeChunkOrder(std::string_view text);

}  // namespace tritontube::transcode
