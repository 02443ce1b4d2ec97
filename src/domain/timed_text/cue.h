#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace tritontube::timed_text {

// One caption: what is shown, from when until when.
struct Cue {
  std::chrono::milliseconds start{0};
  std::chrono::milliseconds end{0};  // Later than start.
  // Markup that CleanMarkup() has written: lines without an empty one.
  std::string text;

  bool operator==(const Cue&) const = default;
};

}  // namespace tritontube::timed_text
