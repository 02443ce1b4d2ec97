#pragma once

#include <string_view>
#include <vector>

#include "base/error.h"

namespace tritontube::ffmpeg {

// Reads what the filters "ssim@0", "ssim@1", ... have printed at their ends, of so many of them: of
// all planes together. kInternal when one has compared nothing.
Result<std::vector<double>> ParseSimilarities(std::string_view text, std::size_t count);

}  // namespace tritontube::ffmpeg
