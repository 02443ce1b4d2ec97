#pragma once

#include <chrono>
#include <filesystem>

#include "adapters/ffmpeg/options.h"
#include "base/deadline.h"
#include "base/error.h"
#include "core/media/tools.h"
#include "foundation/async/task.h"

namespace tritontube::ffmpeg {

// See media::Encoder::Index(). Writes nothing but one file in `scratch`.
async::Task<Result<media::IndexedSource>> IndexSource(
    FfmpegOptions options, std::filesystem::path source, std::filesystem::path scratch,
    media::EncodePlan plan, std::chrono::seconds cpu_max, Deadline deadline);

}  // namespace tritontube::ffmpeg
