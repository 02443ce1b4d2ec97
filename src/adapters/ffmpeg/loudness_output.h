#pragma once

#include <optional>
#include <string_view>

#include "base/error.h"
#include "core/media/presentation.h"

namespace tritontube::ffmpeg {

// Reads the summary that the filter ebur128 prints. Nothing for silence, which
// has no loudness. Errors: kInternal when there is no summary.
Result<std::optional<media::Loudness>> ParseLoudness(std::string_view text);

}  // namespace tritontube::ffmpeg
