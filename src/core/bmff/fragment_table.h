#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "core/bmff/movie.h"
#include "core/bmff/sample_table_writer.h"
#include "core/bmff/source_scanner.h"
#include "core/bmff/track_fragment.h"

namespace tritontube::bmff {

// Over all tracks of a fragmented file. Lower than kSamplesMax: these tables
// are built, the others are views.
inline constexpr std::uint32_t kFragmentSamplesMax = 4'000'000;

// What SampleTable::Parse reads, for a track whose samples are in fragments.
struct FragmentTable {
  std::string stbl;
  std::uint64_t first_decode_time = 0;
};

// Gathers the runs of a fragmented file into the sample tables that the same
// track would have in one that is not, so that everything else knows one kind.
class FragmentTableBuilder {
 public:
  // Tracks that are neither video nor audio are left out.
  explicit FragmentTableBuilder(const Movie& movie);

  // Fragments in the order of the file. Errors: kInvalidArgument when they are
  // malformed, go back in time, or have too many samples.
  Result<void> Add(ByteCount moof_offset, std::span<const std::byte> moof);
  // Requires: it is a video or audio track of the movie.
  FragmentTable Finish(std::uint32_t track_id) const;

 private:
  struct Track {
    SampleDefaults defaults;
    std::optional<std::uint64_t> first_decode_time;
    std::uint64_t next_decode_time = 0;
    SampleTableWriter table;
  };

  Result<void> AddTraf(ByteCount moof_offset, std::span<const std::byte> traf);
  Result<void> AddRun(std::span<const std::byte> trun, const SampleDefaults& defaults,
                      Track& track);
  static Result<void> StartAt(std::uint64_t decode_time, Track& track);

  std::map<std::uint32_t, Track> tracks_;
  Track other_;  // Stands in for one that is left out, while its traf is read.
  std::uint32_t sample_count_ = 0;
  ByteCount base_ = 0;      // What the data offsets of the traf count from.
  ByteCount position_ = 0;  // Where the next run's data is, unless it says.
};

}  // namespace tritontube::bmff
