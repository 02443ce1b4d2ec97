#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/media/encode_plan.h"

namespace tritontube::ffmpeg {

// Reads what ffmpeg writes for -progress: lines of name=value, in pieces of any
// size.
class ProgressReader {
 public:
  void Push(std::string_view text);

  std::int64_t frame() const { return frame_; }  // Of the first rung.
  std::int64_t out_time_microseconds() const { return out_time_microseconds_; }

 private:
  void ReadLine(std::string_view line);

  std::string pending_;
  std::int64_t frame_ = 0;
  std::int64_t out_time_microseconds_ = 0;
};

// How much is made of what the plan asks for, which may be a part of the video:
// from 0 to 1.
double FractionMade(const media::EncodePlan& plan, const ProgressReader& progress);

}  // namespace tritontube::ffmpeg
