#include "domain/packaging/timeline.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace tritontube::packaging {

namespace {

// When the edit ends, or never. Rounded to ticks of the movie, which may be
// coarse: one of them is forgiven.
std::int64_t EditEnd(const SourceTrack& track, std::uint32_t movie_timescale) {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  if (track.edit.duration == 0 || movie_timescale == 0) return kNever;
  const double ticks =
      static_cast<double>(track.edit.duration + 1) * track.header.timescale / movie_timescale;
  const double end = ticks + static_cast<double>(track.late);
  return end < 9e18 ? static_cast<std::int64_t>(end) : kNever;
}

}  // namespace

Timeline Survey(const SourceTrack& track, std::uint32_t movie_timescale) {
  Timeline timeline;
  timeline.first_shown = std::numeric_limits<std::int64_t>::max();
  const std::int64_t edit_end = EditEnd(track, movie_timescale);
  std::optional<std::int64_t> last_sync;
  for (bmff::SampleCursor cursor(track.samples); !cursor.done(); cursor.Advance()) {
    const bmff::Sample sample = cursor.sample();
    const std::int64_t shown = track.ShownAt(sample);
    if (cursor.position().sample == 0) timeline.starts_with_sync = sample.is_sync;
    if (sample.is_sync) {
      if (last_sync) timeline.sync_gap_max = std::max(timeline.sync_gap_max, shown - *last_sync);
      // A sync sample that is shown before the last one breaks its group, too.
      timeline.has_open_group |= last_sync && shown < *last_sync;
      last_sync = shown;
    }
    timeline.has_open_group |= last_sync && shown < *last_sync;
    timeline.hides_beginning |= shown < 0;
    timeline.hides_end |= shown >= edit_end;
    timeline.has_still_sample |= sample.duration == 0;
    timeline.has_empty_sample |= sample.data.length == 0;
    timeline.first_shown = std::min(timeline.first_shown, shown);
    timeline.end = std::max(timeline.end, shown + std::int64_t{sample.duration});
    timeline.bytes += sample.data.length;
  }
  timeline.sync_gap_max =
      std::max(timeline.sync_gap_max, timeline.end - last_sync.value_or(timeline.first_shown));
  return timeline;
}

}  // namespace tritontube::packaging
