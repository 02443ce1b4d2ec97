#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/error.h"
#include "core/bmff/movie.h"

// The boxes of a traf: what a fragment says of the samples of one track.
namespace tritontube::bmff {

inline constexpr std::uint32_t kSampleIsNonSync = 0x00010000;  // ISO/IEC 14496-12, 8.8.3.1.

// The 'tfhd' box (8.8.7).
struct TrackFragmentHeader {
  std::uint32_t track_id = 0;
  std::optional<std::uint64_t> base_data_offset;  // In the file.
  bool base_is_moof = false;
  std::optional<std::uint32_t> description;
  std::optional<std::uint32_t> duration;
  std::optional<std::uint32_t> size;
  std::optional<std::uint32_t> flags;

  // What is not said here is said by the track.
  SampleDefaults Over(const SampleDefaults& track) const;
};

Result<TrackFragmentHeader> ParseTfhd(std::span<const std::byte> tfhd);

// The 'tfdt' box (8.8.12): when the first sample is decoded. At most a quarter
// of the range, so that adding to it cannot overflow.
Result<std::uint64_t> ParseTfdt(std::span<const std::byte> tfdt);

struct RunSample {
  std::uint32_t duration = 0;
  std::uint32_t size = 0;
  std::uint32_t flags = 0;
  std::int64_t composition_offset = 0;

  bool is_sync() const { return (flags & kSampleIsNonSync) == 0; }
};

// Reads the samples of a 'trun' box (8.8.8) one after another.
class RunReader {
 public:
  // Errors: kInvalidArgument when the box's size is not that of its samples.
  static Result<RunReader> Open(std::span<const std::byte> trun, const SampleDefaults& defaults);

  // A number out of the box: samples without fields of their own take no room.
  std::uint32_t sample_count() const { return sample_count_; }
  // Where the first sample's data is, counted from the fragment's base; without
  // it the data follows that of the run before.
  std::optional<std::int32_t> data_offset() const { return data_offset_; }
  // Requires: it was called less than sample_count() times.
  RunSample Next();

 private:
  RunReader(ByteReader reader, const SampleDefaults& defaults)
      : reader_(reader), defaults_(defaults) {}

  ByteReader reader_;
  SampleDefaults defaults_;
  std::uint32_t word_ = 0;  // Version and flags.
  std::uint32_t sample_count_ = 0;
  std::optional<std::int32_t> data_offset_;
  std::optional<std::uint32_t> first_flags_;
};

}  // namespace tritontube::bmff
