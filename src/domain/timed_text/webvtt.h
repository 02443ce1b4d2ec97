#pragma once

#include <span>
#include <string>

#include "domain/timed_text/cue.h"

namespace tritontube::timed_text {

// "01:02:03.456", hours always.
std::string Timestamp(std::chrono::milliseconds time);

std::string WriteWebVtt(std::span<const Cue> cues);

// The same cues on a clock that began `seconds` later; what lies before its zero
// is cut off.
std::vector<Cue> Earlier(std::vector<Cue> cues, double seconds);

}  // namespace tritontube::timed_text
