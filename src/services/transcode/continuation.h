#pragma once

#include <cstdint>
#include <vector>

#include "core/media/encode_plan.h"
#include "core/media/presentation.h"

namespace tritontube::transcode {

// Where an encoder goes on with pictures that an attempt before it has begun.
struct Continuation {
  std::int64_t first_frame = 0;  // 0: from the beginning.
  // What lies before that frame, of every rung.
  std::vector<media::Rendition> pictures = {};
};

// Of what is stored, the segments that every rung has whole, but for the last: that one is made
// again, so that there is something to make and it is seen to fit. Pure.
Continuation ContinuationOf(const media::VideoPlan& plan,
                            const std::vector<media::Rendition>& stored);

}  // namespace tritontube::transcode
