#include "core/bmff/sample_entry.h"

#include <fmt/format.h>

#include "core/bmff/aac_config.h"
#include "core/bmff/bit_reader.h"

namespace tritontube::bmff {

namespace {

// The descriptor tags of ISO/IEC 14496-1, 7.2.2.1.
constexpr std::uint8_t kEsDescriptor = 0x03;
constexpr std::uint8_t kDecoderConfig = 0x04;
constexpr std::uint8_t kDecoderSpecificInfo = 0x05;

// The body of the next descriptor, which must have this tag; empty and not ok()
// otherwise. Its size is written in up to four groups of seven bits.
std::span<const std::byte> TakeDescriptor(ByteReader& reader, std::uint8_t tag) {
  if (reader.U8() != tag) {
    reader.Skip(reader.remaining() + 1);
    return {};
  }
  std::size_t size = 0;
  for (int i = 0; i < 4; ++i) {
    const std::uint8_t byte = reader.U8();
    size = size << 7U | (byte & 0x7fU);
    if ((byte & 0x80U) == 0) break;
  }
  return reader.Take(size);
}

// What follows the fields of an ES_Descriptor (ISO/IEC 14496-1, 7.2.6.5).
void SkipEsFields(ByteReader& reader) {
  reader.Skip(2);
  const std::uint8_t flags = reader.U8();
  if ((flags & 0x80U) != 0) reader.Skip(2);
  if ((flags & 0x40U) != 0) reader.Skip(reader.U8());
  if ((flags & 0x20U) != 0) reader.Skip(2);
}

}  // namespace

Result<DecoderConfig> ParseEsds(std::span<const std::byte> esds) {
  ByteReader reader(esds);
  reader.Skip(4);  // Version and flags.
  ByteReader descriptor(TakeDescriptor(reader, kEsDescriptor));
  SkipEsFields(descriptor);
  ByteReader config(TakeDescriptor(descriptor, kDecoderConfig));
  DecoderConfig decoder;
  decoder.object_type = config.U8();
  config.Skip(12);  // Stream type, buffer size, bit rates.
  decoder.specific = TakeDescriptor(config, kDecoderSpecificInfo);
  if (!reader.ok() || !descriptor.ok() || !config.ok() || decoder.specific.size() < 2) {
    return Fail(ErrorCode::kInvalidArgument, "'esds' box is malformed");
  }
  return decoder;
}

Result<std::string> AacCodecs(std::span<const std::byte> esds) {
  TT_ASSIGN_OR_RETURN(const DecoderConfig decoder, ParseEsds(esds));
  if (decoder.object_type != kMpeg4Audio) {
    return Fail(ErrorCode::kInvalidArgument, "audio of object type {:#x} is not AAC",
                decoder.object_type);
  }
  BitReader bits(decoder.specific);
  return fmt::format("mp4a.40.{}", TakeAudioObjectType(bits));
}

// "avc1.PPCCLL": profile, constraints and level (ISO/IEC 14496-15, 5.3.3.1).
Result<std::string> AvcCodecs(std::span<const std::byte> avcc) {
  ByteReader reader(avcc);
  const std::uint8_t version = reader.U8();
  const std::uint8_t profile = reader.U8();
  const std::uint8_t constraints = reader.U8();
  const std::uint8_t level = reader.U8();
  if (!reader.ok() || version != 1) {
    return Fail(ErrorCode::kInvalidArgument, "'avcC' box is malformed");
  }
  return fmt::format("avc1.{:02x}{:02x}{:02x}", profile, constraints, level);
}

// ISO/IEC 14496-12, 12.1.3: 78 bytes of fields, then boxes.
Result<VideoEntry> ParseVideoEntry(const Box& entry) {
  ByteReader reader(entry.payload);
  reader.Skip(24);
  VideoEntry video{.width = reader.U16(), .height = reader.U16(), .boxes = {}};
  reader.Skip(50);
  if (!reader.ok() || video.width == 0 || video.height == 0) {
    return Fail(ErrorCode::kInvalidArgument, "'{}' box is malformed", ToString(entry.type));
  }
  video.boxes = reader.TakeRest();
  return video;
}

// ISO/IEC 14496-12, 12.2.3: 28 bytes of fields, then boxes. QuickTime's version
// 1 has 16 bytes more, and may wrap the 'esds' into a 'wave'.
Result<AudioEntry> ParseAudioEntry(const Box& entry) {
  ByteReader reader(entry.payload);
  reader.Skip(8);
  const std::uint16_t version = reader.U16();
  reader.Skip(6);
  AudioEntry audio{.channels = reader.U16(), .sample_rate = 0, .esds = {}};
  reader.Skip(6);
  audio.sample_rate = static_cast<int>(reader.U32() >> 16U);
  if (version == 1) reader.Skip(16);
  if (!reader.ok() || version > 1 || audio.channels == 0 || audio.sample_rate == 0) {
    return Fail(ErrorCode::kInvalidArgument, "'{}' box is malformed", ToString(entry.type));
  }
  std::span<const std::byte> boxes = reader.TakeRest();
  if (version == 1) {
    TT_ASSIGN_OR_RETURN(const std::optional<Box> wave, FindOptional(boxes, MakeFourCc("wave")));
    if (wave) boxes = wave->payload;
  }
  TT_ASSIGN_OR_RETURN(const Box esds, FindOnly(boxes, MakeFourCc("esds")));
  audio.esds = esds.payload;
  return audio;
}

Result<Box> FindSampleEntry(std::span<const std::byte> stsd, std::uint32_t number) {
  ByteReader reader(stsd);
  reader.Skip(8);
  BoxWalker walker(reader.TakeRest());
  for (std::uint32_t at = 1;; ++at) {
    TT_ASSIGN_OR_RETURN(const std::optional<Box> box, walker.Next());
    if (!box) return Fail(ErrorCode::kInvalidArgument, "'stsd' box has no entry {}", number);
    if (at == number) return *box;
  }
}

Result<void> ParseSampleDescription(std::span<const std::byte> stsd, Track& track) {
  ByteReader reader(stsd);
  reader.Skip(4);
  const std::uint32_t entry_count = reader.U32();
  if (!reader.ok() || entry_count != 1) {
    return Fail(ErrorCode::kInvalidArgument, "'stsd' box has {} entries, not one", entry_count);
  }
  const std::span<const std::byte> entries = reader.TakeRest();
  if (track.is_video()) {
    TT_ASSIGN_OR_RETURN(const Box entry, FindOnly(entries, MakeFourCc("avc1")));
    TT_ASSIGN_OR_RETURN(const VideoEntry video, ParseVideoEntry(entry));
    TT_ASSIGN_OR_RETURN(const Box avcc, FindOnly(video.boxes, MakeFourCc("avcC")));
    TT_ASSIGN_OR_RETURN(track.codecs, AvcCodecs(avcc.payload));
    track.width = video.width;
    track.height = video.height;
    return {};
  }
  TT_ASSIGN_OR_RETURN(const Box entry, FindOnly(entries, MakeFourCc("mp4a")));
  TT_ASSIGN_OR_RETURN(const AudioEntry audio, ParseAudioEntry(entry));
  TT_ASSIGN_OR_RETURN(track.codecs, AacCodecs(audio.esds));
  track.channels = audio.channels;
  track.sample_rate = audio.sample_rate;
  return {};
}

}  // namespace tritontube::bmff
