#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/media/encode_plan.h"

namespace tritontube::planning {

inline constexpr std::size_t kChunksMax = 4096;

// A part of a video's pictures that is made by itself; what is made of all parts,
// one behind the other, is what would be made of the whole.
struct Chunk {
  std::int64_t first_frame = 0;
  std::int64_t end_frame = 0;     // The one behind its last. 0: to the end; the last chunk.
  std::size_t first_segment = 0;  // How many segments lie before it.

  bool operator==(const Chunk&) const = default;
};

// The chunks of a whole plan, in order: at most kChunksMax, each of whole segments.
// The first is a single segment, because somebody waits for it; the others are
// alike in work: 8 seconds of a ladder from 1080 lines at 30 frames, up to 32 seconds
// of smaller ones. The last takes what the video has beyond its expected
// length, and is no shorter than half of the others.
//
// Empty when the pictures are better made in one go: there are none, no rung of them is wanted, not
// even their expected number is known, or they are fewer than fill two chunks.
std::vector<Chunk> PlanChunks(const media::EncodePlan& plan);

// What makes a chunk: the pictures of `plan` in its range, and nothing else.
media::EncodePlan ChunkPlan(const media::EncodePlan& plan, const Chunk& chunk);

// What a processor needs for so many frames, roughly: enough to compare videos.
double CpuSeconds(const media::VideoPlan& plan, std::int64_t frames);

}  // namespace tritontube::planning
