#include <algorithm>
#include <optional>

#include "core/bmff/avc_config.h"
#include "core/bmff/sample_entry.h"
#include "domain/packaging/copy_rules.h"

namespace tritontube::packaging {

namespace {

using bmff::MakeFourCc;

// Codes of ISO/IEC 23091-2 for SMPTE ST 2084 and ARIB STD-B67.
constexpr std::uint16_t kPerceptualQuantizer = 16;
constexpr std::uint16_t kHybridLogGamma = 18;

bool IsHighDynamicRange(std::uint16_t transfer) {
  return transfer == kPerceptualQuantizer || transfer == kHybridLogGamma;
}

// Scalers leave 1280:1281 and the like behind: nobody sees the tenth of a pixel.
// 0:0 is how nothing is said.
bool IsNearlySquare(const bmff::PixelAspect& aspect) {
  const auto [less, more] = std::minmax(aspect.width, aspect.height);
  return aspect.is_square() || (more - less) * 1000.0 < less;
}

// Upright and unscaled; where the picture is moved to does not matter.
bool IsUpright(const bmff::Matrix& matrix) {
  return matrix[0] == 0x00010000 && matrix[1] == 0 && matrix[2] == 0 && matrix[3] == 0 &&
         matrix[4] == 0x00010000 && matrix[5] == 0 && matrix[8] == 0x40000000;
}

void CheckProfile(const bmff::AvcConfig& config, const bmff::AvcSequence& sequence,
                  const CopyPolicy& policy, Reasons& reasons) {
  constexpr std::uint8_t kBaseline = 66;
  constexpr std::uint8_t kMain = 77;
  constexpr std::uint8_t kHigh = 100;
  if (config.profile != sequence.profile || config.level != sequence.level) {
    reasons.Add("configuration", "the file contradicts itself about its H.264 profile");
  }
  if (sequence.profile != kBaseline && sequence.profile != kMain && sequence.profile != kHigh) {
    reasons.Add("profile", "H.264 profile {} is not played everywhere", sequence.profile);
  }
  if (sequence.chroma_format != 1 || sequence.luma_bits != 8 || sequence.chroma_bits != 8) {
    reasons.Add("pixel_format", "the colours are not 4:2:0 of 8 bits");
  }
  if (sequence.level > policy.level_max) {
    reasons.Add("level", "H.264 level {:.1f} is above {:.1f}", sequence.level / 10.0,
                policy.level_max / 10.0);
  }
}

void CheckSize(const bmff::VideoEntry& entry, const bmff::AvcSequence& sequence,
               const CopyPolicy& policy, Reasons& reasons) {
  if (static_cast<std::uint32_t>(entry.width) != sequence.width ||
      static_cast<std::uint32_t>(entry.height) != sequence.height) {
    reasons.Add("configuration", "the file says {}x{}, its pictures are {}x{}", entry.width,
                entry.height, sequence.width, sequence.height);
  }
  const auto [short_side, long_side] = std::minmax(sequence.width, sequence.height);
  if (long_side > policy.long_side_max || short_side > policy.short_side_max) {
    reasons.Add("size", "{}x{} is larger than {}x{}", sequence.width, sequence.height,
                policy.long_side_max, policy.short_side_max);
  }
}

// What the boxes beside 'avcC' say: 'pasp' and 'colr' (12.1.4, 12.1.5).
void CheckAppearance(std::span<const std::byte> boxes, const bmff::AvcSequence& sequence,
                     Reasons& reasons) {
  bmff::PixelAspect aspect = sequence.pixel_aspect;
  std::uint16_t transfer = sequence.transfer;
  bool full_range = sequence.full_range;
  const auto pasp = bmff::FindOptional(boxes, MakeFourCc("pasp"));
  if (pasp && *pasp) {
    bmff::ByteReader reader((*pasp)->payload);
    const bmff::PixelAspect stated{.width = reader.U32(), .height = reader.U32()};
    if (!stated.is_square()) aspect = stated;
  }
  const auto colr = bmff::FindOptional(boxes, MakeFourCc("colr"));
  if (colr && *colr) {
    bmff::ByteReader reader((*colr)->payload);
    const bmff::FourCc type = reader.U32();
    reader.Skip(2);
    const std::uint16_t stated = reader.U16();
    if (type == MakeFourCc("nclx") || type == MakeFourCc("nclc")) {
      if (!IsHighDynamicRange(transfer)) transfer = stated;
    }
    reader.Skip(2);
    if (type == MakeFourCc("nclx")) full_range |= (reader.U8() & 0x80U) != 0;
  }
  if (!pasp || !colr) reasons.Add("configuration", "two boxes describe the same thing");
  if (!IsNearlySquare(aspect)) {
    reasons.Add("pixel_aspect", "the pixels are not square but {}:{}", aspect.width, aspect.height);
  }
  if (full_range) reasons.Add("pixel_format", "the colours use the full range");
  if (IsHighDynamicRange(transfer)) reasons.Add("hdr", "the picture is of high dynamic range");
}

void CheckSequence(const bmff::VideoEntry& entry, const bmff::AvcConfig& config,
                   const CopyPolicy& policy, Reasons& reasons) {
  if (config.sequence_sets.size() != 1) {
    return reasons.Add("configuration", "the video has {} H.264 configurations, not one",
                       config.sequence_sets.size());
  }
  const auto sequence = bmff::ParseAvcSequence(config.sequence_sets.front());
  if (!sequence) return reasons.Add("configuration", "{}", sequence.error().message());
  CheckProfile(config, *sequence, policy, reasons);
  CheckSize(entry, *sequence, policy, reasons);
  CheckAppearance(entry.boxes, *sequence, reasons);
  if (sequence->may_be_interlaced) reasons.Add("interlaced", "the video may be interlaced");
  for (const auto set : config.picture_sets) {
    const auto has_groups = bmff::HasSliceGroups(set);
    if (!has_groups) {
      reasons.Add("configuration", "{}", has_groups.error().message());
    } else if (*has_groups) {
      reasons.Add("profile", "the pictures are cut into slice groups");
    }
  }
}

}  // namespace

void CheckPictures(const SourceTrack& track, const bmff::Matrix& movie_matrix,
                   const CopyPolicy& policy, Reasons& reasons) {
  if (!IsUpright(track.header.matrix) || !IsUpright(movie_matrix)) {
    reasons.Add("rotation", "the picture is turned, mirrored or scaled when it is shown");
  }
  if (track.entry.type == MakeFourCc("encv")) {
    return reasons.Add("encrypted", "the video is encrypted");
  }
  if (track.entry.type != MakeFourCc("avc1")) {
    return reasons.Add("codec", "the video is '{}', not H.264", bmff::ToString(track.entry.type));
  }
  const auto entry = bmff::ParseVideoEntry(track.entry);
  if (!entry) return reasons.Add("configuration", "{}", entry.error().message());
  const auto avcc = bmff::FindOnly(entry->boxes, MakeFourCc("avcC"));
  if (!avcc) return reasons.Add("configuration", "{}", avcc.error().message());
  const auto config = bmff::ParseAvcConfig(avcc->payload);
  if (!config) return reasons.Add("configuration", "{}", config.error().message());
  CheckSequence(*entry, *config, policy, reasons);
}

void CheckVideoTimes(const SourceTrack& track, const Timeline& timeline, const CopyPolicy& policy,
                     Reasons& reasons) {
  const double timescale = track.header.timescale;
  const double seconds = static_cast<double>(track.samples.duration()) / timescale;
  if (seconds > 0) {
    const double rate = track.samples.sample_count() / seconds;
    // A single picture has no rate.
    if (rate > policy.frame_rate_max && track.samples.sample_count() > 1) {
      reasons.Add("frame_rate", "{:.0f} pictures per second are more than {:.0f}", rate,
                  policy.frame_rate_max);
    }
    const double bits = static_cast<double>(timeline.bytes) * 8 / seconds;
    if (bits > policy.bits_per_second_max) {
      reasons.Add("bit_rate", "{:.1f} Mbit/s are more than {:.0f}", bits / 1e6,
                  policy.bits_per_second_max / 1e6);
    }
  }
  if (timeline.hides_beginning) {
    reasons.Add("edit_list", "the edit list hides pictures at the beginning");
  }
  const double gap = static_cast<double>(timeline.sync_gap_max) / timescale;
  if (gap > policy.keyframe_gap_seconds_max) {
    reasons.Add("keyframe_gap", "{:.1f} s pass without a key frame; at most {:.0f} s may", gap,
                policy.keyframe_gap_seconds_max);
  }
  if (timeline.has_open_group) {
    reasons.Add("open_gop", "pictures after a key frame need what is before it");
  }
}

}  // namespace tritontube::packaging
