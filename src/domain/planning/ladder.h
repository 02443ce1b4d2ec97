#pragma once

#include <cstdint>
#include <vector>

#include "base/error.h"
#include "core/media/encode_plan.h"
#include "core/media/source.h"

namespace tritontube::planning {

// As shown: square pixels, upright. Not rounded yet.
struct DisplaySize {
  double width = 0;
  double height = 0;
};

// Errors: kInvalidArgument when the pictures are larger than `pixels_max`, have
// no size, or are too small or too narrow to be watched.
Result<DisplaySize> DisplaySizeOf(const media::VideoStream& stream, std::int64_t pixels_max);

// The rungs that a picture of this size gets, the largest first: its own size,
// or what fits 1080 lines, then every usual size well below it. Never empty.
std::vector<media::VideoRung> Ladder(DisplaySize size, media::Rational frame_rate);

}  // namespace tritontube::planning
