#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"
#include "core/bmff/box.h"
#include "core/bmff/init_segment.h"

namespace tritontube::bmff {

// An entry of 'stsd' for pictures. The spans are parts of the stsd.
struct VideoEntry {
  int width = 0;
  int height = 0;
  std::span<const std::byte> boxes;  // 'avcC', 'colr', 'pasp' and others.
};
Result<VideoEntry> ParseVideoEntry(const Box& entry);

// An entry of 'stsd' for sound, also in QuickTime's first longer form.
struct AudioEntry {
  int channels = 0;
  int sample_rate = 0;
  std::span<const std::byte> esds;  // The payload.
};
Result<AudioEntry> ParseAudioEntry(const Box& entry);

// What an 'esds' payload says of the decoder.
struct DecoderConfig {
  std::uint8_t object_type = 0;  // kMpeg4Audio or something else.
  std::span<const std::byte> specific;
};
inline constexpr std::uint8_t kMpeg4Audio = 0x40;
Result<DecoderConfig> ParseEsds(std::span<const std::byte> esds);

// The names of RFC 6381: "avc1.64001f" of an 'avcC' payload, "mp4a.40.2".
Result<std::string> AvcCodecs(std::span<const std::byte> avcc);
Result<std::string> AacCodecs(std::span<const std::byte> esds);

// The entry of a 'stsd' payload with that number, from 1.
Result<Box> FindSampleEntry(std::span<const std::byte> stsd, std::uint32_t number);

// Reads the only entry of an stsd payload into the codec, size, channels and
// rate of `track`, whose handler is known. Errors: kInvalidArgument.
Result<void> ParseSampleDescription(std::span<const std::byte> stsd, Track& track);

}  // namespace tritontube::bmff
