#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/media/encode_plan.h"
#include "core/media/source.h"

namespace tritontube::planning {

// As times of ten characters they are an argument of a command, which may have
// 128 KiB.
inline constexpr std::size_t kCutsMax = 10'000;

// What of a source is shown as it is, as far as what is made beside it depends
// on it.
struct ShownSource {
  struct Pictures {
    int width = 0;
    int height = 0;
    // When the first picture of each segment is shown, in seconds of the
    // presentation; rising.
    std::vector<double> segment_starts = {};
  };

  std::vector<std::uint32_t> tracks = {};
  std::optional<Pictures> pictures = {};
};

// What is made beside it, in two runs: who has the pictures waits for the sound.
struct BesidePlan {
  media::EncodePlan sound;   // Without pictures; perhaps without any track.
  media::EncodePlan ladder;  // Without sound; perhaps without any rung.
  // The rungs begin their segments where the source does. Not so where it has
  // more segments than can be told to an encoder.
  bool is_aligned = true;
};

// `plan` is what would be made of `source` if nothing of it were shown. Left out
// is what the source serves itself: its tracks of sound, and the rung of its own
// size. Time zero is that of the file, because the source keeps its times.
BesidePlan PlanBesideSource(media::EncodePlan plan, const media::Source& source,
                            const ShownSource& shown);

}  // namespace tritontube::planning
