#pragma once

#include <cstdint>
#include <span>

#include "base/error.h"
#include "core/bmff/bit_reader.h"

namespace tritontube::bmff {

inline constexpr std::uint32_t kAacLowComplexity = 2;

// The AudioSpecificConfig of MPEG-4 audio (ISO/IEC 14496-3, 1.6.2.1).
struct AacConfig {
  std::uint32_t object_type = 0;
  std::uint32_t sample_rate = 0;
  // 1 to 6 as they count, 7 for eight; 0: a program that describes itself.
  std::uint32_t channel_configuration = 0;
  // High-Efficiency AAC, as it says itself; it may do without saying so.
  bool spectral_band_replication = false;
};

// Errors: kInvalidArgument.
Result<AacConfig> ParseAacConfig(std::span<const std::byte> specific);

// The audio object type at the beginning of the config: five bits, or six more
// after an escape.
std::uint32_t TakeAudioObjectType(BitReader& bits);

}  // namespace tritontube::bmff
