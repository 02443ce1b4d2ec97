#include "core/media/container.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/assert.h"
#include "base/bytes.h"

namespace tritontube::media {

namespace {

using Head = std::span<const std::byte>;

struct Name {
  Container container;
  std::string_view demuxer;
  std::string_view extension;
  std::string_view content_type;
};

constexpr std::array kNames = {
    Name{Container::kMov, "mov", "mp4", "video/mp4"},
    Name{Container::kMatroska, "matroska", "mkv", "video/x-matroska"},
    Name{Container::kMpegTs, "mpegts", "ts", "video/mp2t"},
    Name{Container::kMpegPs, "mpeg", "mpg", "video/mpeg"},
    Name{Container::kAvi, "avi", "avi", "video/x-msvideo"},
    Name{Container::kFlv, "flv", "flv", "video/x-flv"},
    Name{Container::kAsf, "asf", "wmv", "video/x-ms-wmv"},
    Name{Container::kOgg, "ogg", "ogg", "application/ogg"},
    Name{Container::kWav, "wav", "wav", "audio/wav"},
    Name{Container::kMp3, "mp3", "mp3", "audio/mpeg"},
    Name{Container::kFlac, "flac", "flac", "audio/flac"},
    Name{Container::kAac, "aac", "aac", "audio/aac"},
};

const Name& NameOf(Container container) {
  const auto* const name = std::ranges::find(kNames, container, &Name::container);
  TT_ASSERT(name != kNames.end(), "container {} has no name", static_cast<int>(container));
  return *name;
}

unsigned At(Head head, std::size_t offset) {
  return offset < head.size() ? std::to_integer<unsigned>(head[offset]) : 0;
}

std::uint64_t BigEndian(Head head, std::size_t offset, std::size_t width) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < width; ++i) number = number << 8U | At(head, offset + i);
  return number;
}

bool HasText(Head head, std::size_t offset, std::string_view text) {
  return offset <= head.size() && AsText(head.subspan(offset)).starts_with(text);
}

// HEIF, AVIF and raw photographs are ISO base media files as well.
bool IsPictureBrand(Head ftyp) {
  constexpr std::array<std::string_view, 12> kBrands = {"heic", "heix", "heim", "heis",
                                                        "hevc", "hevx", "mif1", "msf1",
                                                        "avif", "avis", "miaf", "crx "};
  return std::ranges::any_of(kBrands,
                             [&](std::string_view brand) { return HasText(ftyp, 8, brand); });
}

// ISO/IEC 14496-12 and QuickTime: boxes whose sizes hold together, until the
// first of a kind that only such a file has. Fillers may stand in front.
bool IsMov(Head head) {
  std::size_t offset = 0;
  while (head.size() - offset >= 8) {
    const Head box = head.subspan(offset);
    const std::uint64_t short_size = BigEndian(box, 0, 4);
    const std::uint64_t size = short_size == 1 ? BigEndian(box, 8, 8) : short_size;
    const bool sane = size >= (short_size == 1 ? 16U : 8U) && size < (1ULL << 50U);
    if (HasText(box, 4, "ftyp")) return size >= 16 && size <= kSniffBytes && !IsPictureBrand(box);
    if (HasText(box, 4, "moov")) return sane && size >= 16;
    if (HasText(box, 4, "mdat")) return sane || short_size == 0;
    const bool filler =
        HasText(box, 4, "free") || HasText(box, 4, "wide") || HasText(box, 4, "skip");
    if (!filler || !sane || size > head.size() - offset) return false;
    offset += size;
  }
  return false;
}

// RFC 8794 and 9559: the EBML header, and in it a DocType that we know.
bool IsMatroska(Head head) {
  if (BigEndian(head, 0, 4) != 0x1A45DFA3) return false;
  // DocType is element 0x4282 with a one-byte length, early in the header.
  const std::string_view text = AsText(head.first(std::min<std::size_t>(head.size(), 256)));
  using namespace std::string_view_literals;
  return text.contains("\x42\x82\x88matroska"sv) || text.contains("\x42\x82\x84webm"sv);
}

// ISO/IEC 13818-1: the sync byte at every packet, for at least four packets in
// a row, none of them empty. M2TS puts four bytes in front of each
// packet, DVB's outer code 16 behind it.
bool IsTransportStream(Head head, std::size_t first, std::size_t stride) {
  constexpr std::size_t kPackets = 4;
  if (head.size() < first + stride * (kPackets - 1) + 4) return false;
  for (std::size_t at = first; at + 4 <= head.size(); at += stride) {
    const bool empty = (At(head, at + 3) & 0x30U) == 0;  // Neither payload nor adaptation field.
    if (At(head, at) != 0x47 || empty) return false;
  }
  return true;
}

bool IsMpegTs(Head head) {
  return IsTransportStream(head, 0, 188) || IsTransportStream(head, 4, 192) ||
         IsTransportStream(head, 0, 204);
}

// ISO/IEC 13818-1, 2.5.3.3: a pack header of MPEG-2 or of MPEG-1, then another
// start code where the header says that it ends.
bool IsMpegPs(Head head) {
  if (BigEndian(head, 0, 4) != 0x000001BA) return false;
  const unsigned mark = At(head, 4);
  std::size_t next = 0;
  if ((mark & 0xC4U) == 0x44) next = 14 + (At(head, 13) & 0x07U);
  if ((mark & 0xF1U) == 0x21) next = 12;
  return next != 0 && next + 4 <= head.size() && BigEndian(head, next, 3) == 0x000001;
}

bool IsRiff(Head head, std::string_view form) {
  return HasText(head, 0, "RIFF") && HasText(head, 8, form);
}

bool IsFlv(Head head) {
  return HasText(head, 0, "FLV\x01") && (At(head, 4) & 0xFAU) == 0 && BigEndian(head, 5, 4) == 9;
}

// The GUID of the header object, which is the whole beginning of such a file.
bool IsAsf(Head head) {
  return BigEndian(head, 0, 8) == 0x3026B2758E66CF11 && BigEndian(head, 8, 8) == 0xA6D900AA0062CE6C;
}

bool IsOgg(Head head) {
  return HasText(head, 0, "OggS") && head.size() >= 27 && At(head, 4) == 0 &&
         (At(head, 5) & 0x02U) != 0;  // Version 0, beginning of a stream.
}

// The STREAMINFO block comes first and is 34 bytes long.
bool IsFlac(Head head) {
  return HasText(head, 0, "fLaC") && (At(head, 4) & 0x7FU) == 0 && BigEndian(head, 5, 3) == 34;
}

// The size of the MPEG audio frame of layer III at `offset`, or 0 (ISO/IEC
// 11172-3, 2.4.1.3 and 13818-3).
std::size_t Mp3FrameSize(Head head, std::size_t offset) {
  constexpr std::array<unsigned, 16> kMpeg1 = {0,   32,  40,  48,  56,  64,  80,  96,
                                               112, 128, 160, 192, 224, 256, 320, 0};
  constexpr std::array<unsigned, 16> kMpeg2 = {0,  8,  16, 24,  32,  40,  48,  56,
                                               64, 80, 96, 112, 128, 144, 160, 0};
  constexpr std::array<unsigned, 4> kRates = {44'100, 48'000, 32'000, 0};
  const std::uint64_t header = BigEndian(head, offset, 4);
  const unsigned version = header >> 19U & 3U;  // 0: 2.5, 1: reserved, 2: 2, 3: 1.
  const bool layer3 = (header >> 17U & 3U) == 1;
  if (header >> 21U != 0x7FF || version == 1 || !layer3) return 0;
  const unsigned kilobits = (version == 3 ? kMpeg1 : kMpeg2)[header >> 12U & 15U];
  const unsigned rate = kRates[header >> 10U & 3U] >> (version == 3 ? 0U : version == 2 ? 1U : 2U);
  if (kilobits == 0 || rate == 0) return 0;
  const unsigned padding = header >> 9U & 1U;
  return (version == 3 ? 144'000U : 72'000U) * kilobits / rate + padding;
}

// The size of the ADTS frame at `offset`, or 0 (ISO/IEC 14496-3, 1.A.2.2).
std::size_t AdtsFrameSize(Head head, std::size_t offset) {
  const std::uint64_t header = BigEndian(head, offset, 7);
  const bool sync = header >> 44U == 0xFFF && (header >> 41U & 3U) == 0;
  const bool rate = (header >> 34U & 15U) < 13;
  return sync && rate ? header >> 13U & 0x1FFFU : 0;
}

bool HasTwoFrames(Head head, std::size_t (*frame_size)(Head, std::size_t),
                  std::size_t header_size) {
  const std::size_t first = frame_size(head, 0);
  return first > header_size && first + header_size <= head.size() &&
         frame_size(head, first) > header_size;
}

// An ID3v2 tag is what most MP3 files begin with; its size is four groups of
// seven bits. The frames behind it are often beyond what we see.
bool IsMp3(Head head) {
  if (!HasText(head, 0, "ID3")) return HasTwoFrames(head, &Mp3FrameSize, 4);
  const unsigned version = At(head, 3);
  const std::uint64_t size = BigEndian(head, 6, 4);
  return head.size() >= 10 && version >= 2 && version <= 4 && (size & 0x80808080U) == 0;
}

}  // namespace

std::optional<Container> SniffContainer(std::span<const std::byte> head) {
  head = head.first(std::min(head.size(), kSniffBytes));
  if (IsMov(head)) return Container::kMov;
  if (IsMatroska(head)) return Container::kMatroska;
  if (IsRiff(head, "AVI ")) return Container::kAvi;
  if (IsRiff(head, "WAVE")) return Container::kWav;
  if (IsFlv(head)) return Container::kFlv;
  if (IsAsf(head)) return Container::kAsf;
  if (IsOgg(head)) return Container::kOgg;
  if (IsFlac(head)) return Container::kFlac;
  if (IsMpegPs(head)) return Container::kMpegPs;
  if (IsMpegTs(head)) return Container::kMpegTs;
  if (IsMp3(head)) return Container::kMp3;
  if (HasTwoFrames(head, &AdtsFrameSize, 7)) return Container::kAac;
  return std::nullopt;
}

std::string_view DemuxerName(Container container) { return NameOf(container).demuxer; }

std::string_view FileExtension(Container container) { return NameOf(container).extension; }

std::string_view ContentType(Container container) { return NameOf(container).content_type; }

std::string_view ToString(Container container) { return DemuxerName(container); }

std::optional<Container> ContainerFromString(std::string_view text) {
  const auto* name = std::ranges::find(kNames, text, &Name::demuxer);
  if (name == kNames.end()) return std::nullopt;
  return name->container;
}

}  // namespace tritontube::media
