#pragma once

#include <cstdint>

#include "domain/packaging/source_movie.h"

namespace tritontube::packaging {

// What one walk over all samples of a track tells. Times are ticks of the track,
// after the edit list.
struct Timeline {
  std::int64_t first_shown = 0;  // The earliest of all samples.
  std::int64_t end = 0;          // When the last sample has been shown.
  std::uint64_t bytes = 0;
  std::int64_t sync_gap_max = 0;  // Between two sync samples, or from the last to the end.
  bool starts_with_sync = false;
  bool has_open_group = false;    // A sample after a sync sample is shown before it.
  bool hides_beginning = false;   // A sample is shown before time zero.
  bool hides_end = false;         // A sample is shown after the edit's end.
  bool has_still_sample = false;  // One without duration.
  bool has_empty_sample = false;  // One without data.
};

Timeline Survey(const SourceTrack& track, std::uint32_t movie_timescale);

}  // namespace tritontube::packaging
