#include "core/bmff/avc_config.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/bytes.h"
#include "core/bmff/bit_reader.h"
#include "core/bmff/box.h"

namespace tritontube::bmff {

namespace {

constexpr std::uint8_t kSequenceSet = 7;
constexpr std::uint8_t kPictureSet = 8;
constexpr std::uint32_t kExtendedAspect = 255;
// 16,384 pixels a side: beyond level 6.2.
constexpr std::uint32_t kMacroblocksMax = 1024;

std::unexpected<Error> Malformed(std::string_view what) {
  return Fail(ErrorCode::kInvalidArgument, "the H.264 {} is malformed", what);
}

std::vector<std::span<const std::byte>> TakeSets(ByteReader& reader, unsigned count) {
  std::vector<std::span<const std::byte>> sets;
  for (unsigned i = 0; i < count && reader.ok(); ++i) sets.push_back(reader.Take(reader.U16()));
  return sets;
}

// The payload of a NAL unit of that type without its emulation prevention
// bytes (7.4.1): the 3 of every 0 0 3 was put there by the encoder.
Result<std::string> TakePayload(std::span<const std::byte> nal, std::uint8_t type) {
  if (nal.empty() || (std::to_integer<std::uint8_t>(nal.front()) & 0x1fU) != type) {
    return Malformed("parameter set");
  }
  std::string payload;
  int zeros = 0;
  for (const char c : AsText(nal.subspan(1))) {
    if (zeros >= 2 && c == 3) {
      zeros = 0;
      continue;
    }
    zeros = c == 0 ? zeros + 1 : 0;
    payload += c;
  }
  return payload;
}

bool HasChromaFields(std::uint8_t profile) {
  constexpr std::array<std::uint8_t, 13> kProfiles = {100, 110, 122, 244, 44,  83, 86,
                                                      118, 128, 138, 139, 134, 135};
  return std::ranges::find(kProfiles, profile) != kProfiles.end();
}

// 7.3.2.1.1.1.
void SkipScalingList(BitReader& bits, int size) {
  std::int32_t last = 8;
  std::int32_t next = 8;
  for (int i = 0; i < size && bits.ok(); ++i) {
    // Only the low eight bits count, so a hostile delta must not overflow.
    if (next != 0) next = (last + bits.SignedGolomb() % 256 + 256) % 256;
    if (next != 0) last = next;
  }
}

void ReadChromaFields(BitReader& bits, AvcSequence& sequence) {
  sequence.chroma_format = bits.UnsignedGolomb();
  if (sequence.chroma_format == 3) bits.Skip(1);
  sequence.luma_bits = 8 + std::min(bits.UnsignedGolomb(), 8U);
  sequence.chroma_bits = 8 + std::min(bits.UnsignedGolomb(), 8U);
  bits.Skip(1);
  if (!bits.Flag()) return;
  const int lists = sequence.chroma_format == 3 ? 12 : 8;
  for (int i = 0; i < lists; ++i) {
    if (bits.Flag()) SkipScalingList(bits, i < 6 ? 16 : 64);
  }
}

void SkipPictureOrder(BitReader& bits) {
  const std::uint32_t type = bits.UnsignedGolomb();
  if (type == 0) bits.UnsignedGolomb();
  if (type != 1) return;
  bits.Skip(1);
  bits.SignedGolomb();
  bits.SignedGolomb();
  const std::uint32_t cycle = std::min(bits.UnsignedGolomb(), 255U);
  for (std::uint32_t i = 0; i < cycle && bits.ok(); ++i) bits.SignedGolomb();
}

// Table E-1.
PixelAspect ReadPixelAspect(BitReader& bits) {
  constexpr std::array<PixelAspect, 17> kAspects = {{{0, 0},
                                                     {1, 1},
                                                     {12, 11},
                                                     {10, 11},
                                                     {16, 11},
                                                     {40, 33},
                                                     {24, 11},
                                                     {20, 11},
                                                     {32, 11},
                                                     {80, 33},
                                                     {18, 11},
                                                     {15, 11},
                                                     {64, 33},
                                                     {160, 99},
                                                     {4, 3},
                                                     {3, 2},
                                                     {2, 1}}};
  const std::uint32_t index = bits.Bits(8);
  if (index < kAspects.size()) return kAspects[index];
  if (index != kExtendedAspect) return {};
  PixelAspect aspect;
  aspect.width = bits.Bits(16);
  aspect.height = bits.Bits(16);
  return aspect;
}

// The beginning of Annex E.
void ReadUsability(BitReader& bits, AvcSequence& sequence) {
  if (bits.Flag()) sequence.pixel_aspect = ReadPixelAspect(bits);
  if (bits.Flag()) bits.Skip(1);  // Overscan.
  if (!bits.Flag()) return;
  bits.Skip(3);
  sequence.full_range = bits.Flag();
  if (!bits.Flag()) return;
  bits.Skip(8);
  sequence.transfer = static_cast<std::uint8_t>(bits.Bits(8));
}

Result<void> ReadSize(BitReader& bits, AvcSequence& sequence) {
  const std::uint32_t columns = bits.UnsignedGolomb();
  const std::uint32_t rows = bits.UnsignedGolomb();
  sequence.may_be_interlaced = !bits.Flag();
  if (sequence.may_be_interlaced) bits.Skip(1);
  bits.Skip(1);
  if (columns >= kMacroblocksMax || rows >= kMacroblocksMax) return Malformed("picture size");
  const std::uint32_t fields = sequence.may_be_interlaced ? 2 : 1;
  const std::uint32_t width = (columns + 1) * 16;
  const std::uint32_t height = (rows + 1) * 16 * fields;
  std::uint64_t cropped_width = 0;
  std::uint64_t cropped_height = 0;
  if (bits.Flag()) {
    // In units of chroma samples (7.4.2.1.1).
    const bool halved_width = sequence.chroma_format == 1 || sequence.chroma_format == 2;
    const std::uint64_t left = bits.UnsignedGolomb();
    const std::uint64_t right = bits.UnsignedGolomb();
    const std::uint64_t top = bits.UnsignedGolomb();
    const std::uint64_t bottom = bits.UnsignedGolomb();
    cropped_width = (left + right) * (halved_width ? 2 : 1);
    cropped_height = (top + bottom) * (sequence.chroma_format == 1 ? 2 : 1) * fields;
  }
  if (cropped_width >= width || cropped_height >= height) return Malformed("picture size");
  sequence.width = width - static_cast<std::uint32_t>(cropped_width);
  sequence.height = height - static_cast<std::uint32_t>(cropped_height);
  return {};
}

}  // namespace

Result<AvcConfig> ParseAvcConfig(std::span<const std::byte> avcc) {
  ByteReader reader(avcc);
  const std::uint8_t version = reader.U8();
  AvcConfig config;
  config.profile = reader.U8();
  config.constraints = reader.U8();
  config.level = reader.U8();
  config.length_bytes = (reader.U8() & 3) + 1;
  config.sequence_sets = TakeSets(reader, reader.U8() & 0x1fU);
  config.picture_sets = TakeSets(reader, reader.U8());
  if (!reader.ok() || version != 1 || config.length_bytes == 3) {
    return Fail(ErrorCode::kInvalidArgument, "'avcC' box is malformed");
  }
  return config;
}

Result<AvcSequence> ParseAvcSequence(std::span<const std::byte> nal) {
  TT_ASSIGN_OR_RETURN(const std::string payload, TakePayload(nal, kSequenceSet));
  BitReader bits(AsBytes(payload));
  AvcSequence sequence;
  sequence.profile = static_cast<std::uint8_t>(bits.Bits(8));
  sequence.constraints = static_cast<std::uint8_t>(bits.Bits(8));
  sequence.level = static_cast<std::uint8_t>(bits.Bits(8));
  bits.UnsignedGolomb();  // The set's id.
  if (HasChromaFields(sequence.profile)) ReadChromaFields(bits, sequence);
  bits.UnsignedGolomb();  // How frame numbers wrap.
  SkipPictureOrder(bits);
  bits.UnsignedGolomb();  // Reference frames.
  bits.Skip(1);
  TT_RETURN_IF_ERROR(ReadSize(bits, sequence));
  if (bits.Flag()) ReadUsability(bits, sequence);
  if (!bits.ok()) return Malformed("sequence parameter set");
  return sequence;
}

Result<bool> HasSliceGroups(std::span<const std::byte> nal) {
  TT_ASSIGN_OR_RETURN(const std::string payload, TakePayload(nal, kPictureSet));
  BitReader bits(AsBytes(payload));
  bits.UnsignedGolomb();  // The set's id, and that of its sequence.
  bits.UnsignedGolomb();
  bits.Skip(2);
  const bool has_groups = bits.UnsignedGolomb() != 0;
  if (!bits.ok()) return Malformed("picture parameter set");
  return has_groups;
}

}  // namespace tritontube::bmff
