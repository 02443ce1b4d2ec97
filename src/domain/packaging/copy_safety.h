#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/media/copy.h"
#include "domain/packaging/source_movie.h"

namespace tritontube::packaging {

// What browsers are trusted to play as it is, beside the encoded renditions.
struct CopyPolicy {
  std::uint32_t long_side_max = 1920;
  std::uint32_t short_side_max = 1080;
  std::uint8_t level_max = 51;  // Ten times H.264's level.
  double frame_rate_max = 61;
  double bits_per_second_max = 12'000'000;
  double keyframe_gap_seconds_max = 10;
  double start_seconds_max = 0.1;
  // What an edit list may hide of a sound track: an encoder's run-up.
  double priming_seconds_max = 0.2;
  std::uint32_t channels_max = 2;
};

using media::CopyReason;

// What was decided about one video or audio track. It is safe without reasons.
struct TrackVerdict {
  std::uint32_t track_id = 0;
  bool is_video = false;
  std::vector<CopyReason> reasons;

  bool is_safe() const { return reasons.empty(); }
};

struct CopyReport {
  // About the file as a whole: with one of them no track is shown as it is.
  std::vector<CopyReason> reasons;
  std::vector<TrackVerdict> tracks;  // In the file's order.

  // Everything can be shown as it is. A file whose picture is safe and whose
  // sound is not can be shown as soon as its sound is encoded.
  bool is_safe() const;
  bool is_safe(std::uint32_t track_id) const;
  // Those of the file and of all tracks.
  std::vector<CopyReason> AllReasons() const;
};

// Decides from the boxes alone what of a source can be shown without encoding,
// and collects every reason against it. The same file always gets the same
// report. Reads every sample table once.
CopyReport DecideCopy(const SourceMovie& source, const CopyPolicy& policy = {});

// The report about a file in which no tracks could be found.
CopyReport RefuseFile(const Error& error);

}  // namespace tritontube::packaging
