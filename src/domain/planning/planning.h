#pragma once

#include <cstdint>

#include "base/error.h"
#include "core/media/encode_plan.h"
#include "core/media/source.h"

namespace tritontube::planning {

// What we are willing to encode.
struct PlanningPolicy {
  double duration_seconds_max = 12.0 * 3600;
  std::int64_t pixels_max = 40'000'000;
  std::size_t audio_tracks_max = 8;
  std::size_t subtitle_tracks_max = 8;
};

// Decides what is made of a source: the frame grid, the ladder, the audio
// tracks, and where time zero is. The same source always gives the same plan.
//
// Nothing in the source is believed: whatever cannot be true is either replaced
// by what is usual (a rate of 0/0) or refused. Errors: kInvalidArgument, with a
// message for the owner of the video, when nothing sensible can be made of it.
Result<media::EncodePlan> PlanEncode(const media::Source& source,
                                     const PlanningPolicy& policy = {});

}  // namespace tritontube::planning
