#pragma once

#include <cstdint>

#include "core/media/rational.h"
#include "core/media/source.h"

namespace tritontube::planning {

// The constant rate that the pictures of a stream are put on: a usual one when
// the stream is within half a percent of it, never above 60 nor below 5 frames
// per second. Rates that cannot be true are replaced by 30.
media::Rational GridRate(const media::VideoStream& stream);

// How many frames of the grid make four seconds.
std::int64_t FramesPerSegment(media::Rational rate);

// Ticks per second, so that one frame is a whole number of them.
std::uint32_t Timescale(media::Rational rate);

}  // namespace tritontube::planning
