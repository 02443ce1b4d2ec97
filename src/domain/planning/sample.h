#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/media/encode_plan.h"
#include "core/media/presentation.h"

namespace tritontube::planning {

// A part of a video that stands for all of it where looking at all of it would be too much.
struct Sample {
  media::EncodePlan plan;             // What makes the pictures of that part, and nothing else.
  std::vector<std::size_t> segments;  // Of each rung, counted from 0, in which they lie.

  bool operator==(const Sample&) const = default;
};

// Of a ladder that was made by `plan`: from the segment in the middle on as many whole ones as last
// four seconds, or the first four seconds of a longer one. Nothing when there are no rungs, or
// when what was made is not what the plan says.
std::optional<Sample> PlanSample(const media::EncodePlan& plan,
                                 const media::Presentation& presentation);

}  // namespace tritontube::planning
