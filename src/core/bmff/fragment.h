#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "core/bmff/init_segment.h"
#include "core/bmff/track_fragment.h"

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

// What stands before the data of a segment, and which samples the data is.
struct FragmentHead {
  std::uint64_t base_decode_time = 0;  // The tfdt.
  ByteCount data_offset = 0;           // In the segment: behind the mdat's header.
  ByteCount data_size = 0;             // To the segment's end.
  std::uint32_t description = 1;
  std::vector<RunSample> samples;  // Their data fills the mdat, in this order.
};

// None of ours comes near: at 16 bytes for a sample, 130000 of them.
inline constexpr ByteCount kMoofBytesMax = ByteCount{2} << 20U;

// How many bytes of a segment its head may have, told by the first 16 or more.
// Errors: kInvalidArgument.
Result<ByteCount> HeadSize(std::span<const std::byte> beginning, ByteCount segment_size);
// Reads the head of a segment of one moof and one mdat of that track. Requires:
// `beginning` has HeadSize() bytes. Errors: those of ParseFragment(), and
// kInvalidArgument when the samples do not fill the mdat one behind the other.
Result<FragmentHead> ParseFragmentHead(std::span<const std::byte> beginning, ByteCount segment_size,
                                       const Track& track);

// Overwrites the sequence number in the mfhd of a fragment. Errors as above.
Result<void> SetSequenceNumber(std::span<std::byte> fragment, std::uint32_t sequence_number);

}  // namespace tritontube::bmff
