#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/error.h"
#include "core/bmff/init_segment.h"

namespace tritontube::bmff {

// What a moof and its mdat say of themselves. Times are ticks of the track.
struct Fragment {
  std::uint32_t sequence_number = 0;
  std::uint32_t track_id = 0;
  std::uint64_t base_decode_time = 0;  // The tfdt.
  std::uint64_t sample_count = 0;
  std::uint64_t duration = 0;  // Of all samples.
  bool starts_with_sync_sample = false;
  // When the first picture is shown, before the edit list is applied. May lie
  // before the base decode time, because composition offsets may be negative.
  std::int64_t earliest_presentation_time = 0;
};

// Reads one moof followed by one mdat, and nothing else, of the given track.
// Errors: kInvalidArgument when the boxes are malformed, belong to another
// track or are not self-contained, when a sample lies outside the mdat, or when
// a sample has no duration.
Result<Fragment> ParseFragment(std::span<const std::byte> bytes, const Track& track);

// Overwrites the sequence number in the mfhd of a fragment. Errors as above.
Result<void> SetSequenceNumber(std::span<std::byte> fragment, std::uint32_t sequence_number);

}  // namespace tritontube::bmff
