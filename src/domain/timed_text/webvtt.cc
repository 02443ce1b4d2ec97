#include "domain/timed_text/webvtt.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tritontube::timed_text {

std::string Timestamp(std::chrono::milliseconds time) {
  const std::int64_t all = time.count();
  return fmt::format("{:02}:{:02}:{:02}.{:03}", all / 3'600'000, all / 60'000 % 60, all / 1000 % 60,
                     all % 1000);
}

std::string WriteWebVtt(std::span<const Cue> cues) {
  std::string text = "WEBVTT\n";
  for (const Cue& cue : cues) {
    text += fmt::format("\n{} --> {}\n{}\n", Timestamp(cue.start), Timestamp(cue.end), cue.text);
  }
  return text;
}

std::vector<Cue> Earlier(std::vector<Cue> cues, double seconds) {
  const std::chrono::milliseconds shift(std::llround(seconds * 1000));
  for (Cue& cue : cues) {
    cue.start = std::max(cue.start - shift, std::chrono::milliseconds(0));
    cue.end -= shift;
  }
  std::erase_if(cues, [](const Cue& cue) { return cue.end <= cue.start; });
  return cues;
}

}  // namespace tritontube::timed_text
