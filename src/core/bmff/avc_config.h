#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"

namespace tritontube::bmff {

// The 'avcC' box (ISO/IEC 14496-15, 5.3.3.1). The sets are parts of the box.
struct AvcConfig {
  std::uint8_t profile = 0;
  std::uint8_t constraints = 0;
  std::uint8_t level = 0;  // Ten times the level: 31 is 3.1.
  int length_bytes = 0;    // In front of each NAL unit: 1, 2 or 4.
  std::vector<std::span<const std::byte>> sequence_sets;
  std::vector<std::span<const std::byte>> picture_sets;
};

// Errors: kInvalidArgument.
Result<AvcConfig> ParseAvcConfig(std::span<const std::byte> avcc);

// How wide a pixel is against its height; 0 to 0 when nothing is said.
struct PixelAspect {
  std::uint32_t width = 0;
  std::uint32_t height = 0;

  bool is_square() const { return width == height; }
};

// What a sequence parameter set says of the pictures (ITU-T H.264, 7.3.2.1).
struct AvcSequence {
  std::uint8_t profile = 0;
  std::uint8_t constraints = 0;
  std::uint8_t level = 0;
  std::uint32_t chroma_format = 1;  // 1: 4:2:0.
  std::uint32_t luma_bits = 8;
  std::uint32_t chroma_bits = 8;
  std::uint32_t width = 0;  // After cropping.
  std::uint32_t height = 0;
  bool may_be_interlaced = false;
  PixelAspect pixel_aspect;
  bool full_range = false;
  std::uint8_t transfer = 2;  // ISO/IEC 23091-2; 2: unspecified.
};

// Reads a whole NAL unit. Errors: kInvalidArgument when it is no sequence
// parameter set, or says what no decoder could follow.
Result<AvcSequence> ParseAvcSequence(std::span<const std::byte> nal);

// Whether the pictures of a picture parameter set are cut into slice groups,
// which only the Baseline profile knows and no browser decodes. Errors as above.
Result<bool> HasSliceGroups(std::span<const std::byte> nal);

}  // namespace tritontube::bmff
