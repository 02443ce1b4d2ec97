#include "core/bmff/aac_config.h"

#include <array>

namespace tritontube::bmff {

namespace {

constexpr std::uint32_t kSpectralBandReplication = 5;
constexpr std::uint32_t kParametricStereo = 29;
constexpr std::uint32_t kSyncExtension = 0x2b7;  // 1.6.5.

std::uint32_t TakeSampleRate(BitReader& bits) {
  constexpr std::array<std::uint32_t, 13> kRates = {96'000, 88'200, 64'000, 48'000, 44'100,
                                                    32'000, 24'000, 22'050, 16'000, 12'000,
                                                    11'025, 8'000,  7'350};
  const std::uint32_t index = bits.Bits(4);
  if (index == 15) return bits.Bits(24);
  return index < kRates.size() ? kRates[index] : 0;
}

// The GASpecificConfig of AAC-LC, and the extension that may stand behind it.
bool HasExtension(BitReader& bits) {
  bits.Skip(1);                    // Frame length.
  if (bits.Flag()) bits.Skip(14);  // Core coder delay.
  bits.Skip(1);
  if (!bits.ok() || bits.remaining() < 16 || bits.Bits(11) != kSyncExtension) return false;
  return TakeAudioObjectType(bits) == kSpectralBandReplication && bits.remaining() > 0 &&
         bits.Flag();
}

}  // namespace

std::uint32_t TakeAudioObjectType(BitReader& bits) {
  const std::uint32_t type = bits.Bits(5);
  return type == 31 ? 32 + bits.Bits(6) : type;
}

Result<AacConfig> ParseAacConfig(std::span<const std::byte> specific) {
  BitReader bits(specific);
  AacConfig config;
  config.object_type = TakeAudioObjectType(bits);
  config.sample_rate = TakeSampleRate(bits);
  config.channel_configuration = bits.Bits(4);
  if (!bits.ok() || config.sample_rate == 0) {
    return Fail(ErrorCode::kInvalidArgument, "the AAC configuration is malformed");
  }
  config.spectral_band_replication =
      config.object_type == kSpectralBandReplication || config.object_type == kParametricStereo ||
      (config.object_type == kAacLowComplexity && HasExtension(bits));
  return config;
}

}  // namespace tritontube::bmff
