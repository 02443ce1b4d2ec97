#pragma once

#include <chrono>
#include <string_view>

#include "base/error.h"
#include "transport/process/child_process.h"

namespace tritontube::ffmpeg {

// Why a run failed, in a sentence for the owner of the video. kInvalidArgument
// when the file is at fault and trying again is no use; kResourceExhausted,
// kUnavailable or kInternal when this machine is. `cpu_max` is the limit that
// the run had.
Error ExplainFailure(std::string_view errors, const process::ExitStatus& status,
                     std::chrono::seconds cpu_max);

}  // namespace tritontube::ffmpeg
