#pragma once

#include <cstddef>
#include <vector>

#include "core/media/encode_plan.h"
#include "core/media/source.h"

namespace tritontube::planning {

// Of the streams that hold sound at all, those that no decoder here understands.
std::size_t CountUndecodableAudio(const media::Source& source);

// The audio streams that can be used, in the file's order, at most `count_max`.
std::vector<media::AudioStream> UsableAudio(const media::Source& source, std::size_t count_max);

// One stereo AAC track for each; the first is the default.
std::vector<media::AudioPlan> PlanAudio(const std::vector<media::AudioStream>& streams);

// The first `count_max` subtitles that are text.
std::vector<media::SubtitlePlan> PlanSubtitles(const media::Source& source, std::size_t count_max);

}  // namespace tritontube::planning
