#pragma once

#include <string_view>

#include "base/error.h"
#include "core/media/source.h"

namespace tritontube::ffmpeg {

// How many streams of a kind are looked at; a file may claim thousands.
inline constexpr std::size_t kStreamsPerKindMax = 32;

// Reads what ffprobe prints for ProbeCommand(). Members that are missing or not
// of their type get the value that stands for "not said". Errors: kInternal
// when it is no such JSON at all, which is not the file's fault.
Result<media::Source> ParseProbeOutput(std::string_view text, media::Container container);

// 8 for names it does not know.
int BitDepthOf(std::string_view pixel_format);

}  // namespace tritontube::ffmpeg
