#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "core/bmff/sample_table.h"

namespace tritontube::packaging {

inline constexpr double kSegmentSeconds = 4;
// Twelve hours in segments of four seconds are 10,800.
inline constexpr std::size_t kSegmentsMax = 100'000;
inline constexpr ByteCount kSegmentBytesMax = ByteCount{1} << 30U;

// One segment of a track: where its first sample is, and what they add up to.
struct PlannedSegment {
  bmff::SamplePosition first;
  std::uint32_t sample_count = 0;
  std::uint64_t duration = 0;  // Ticks of the track.
  ByteCount data_size = 0;

  std::uint64_t decode_time() const { return first.decode_time; }
};

// Cuts a track at sync samples so that each segment lasts as nearly four seconds
// as they allow: of two sync samples around four seconds the nearer one, and
// every segment is at least one group of pictures. Only the table decides.
// Requires: the first sample is a sync sample. Errors: kInvalidArgument when
// there would be too many segments, or too large ones.
Result<std::vector<PlannedSegment>> CutSegments(const bmff::SampleTable& samples,
                                                std::uint32_t timescale);

}  // namespace tritontube::packaging
