#pragma once

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "domain/timed_text/cue.h"

namespace tritontube::timed_text {

inline constexpr ByteCount kCaptionBytesMax = ByteCount{2} << 20U;
inline constexpr std::size_t kCuesMax = 50'000;
inline constexpr std::size_t kCueBytesMax = 4000;

// Reads WebVTT (told by its first line) or SRT, from anybody. The cues are clean
// and in the order of their start; those that are never shown, because they say
// nothing or end before they begin, are left out, and so are styles, regions,
// notes and positions. kInvalidArgument names the line that cannot be understood
// and what is wrong with it.
Result<std::vector<Cue>> ParseCaptions(std::string_view bytes);

}  // namespace tritontube::timed_text
