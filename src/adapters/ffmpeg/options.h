#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

#include "base/bytes.h"

namespace tritontube::ffmpeg {

struct FfmpegOptions {
  std::filesystem::path ffmpeg = "/usr/bin/ffmpeg";
  std::filesystem::path ffprobe = "/usr/bin/ffprobe";
  // A program that calls process::JailMain(); by default this one.
  std::string helper = "/proc/self/exe";
  int threads = 2;  // Of each decoder, filter graph and encoder.
  int nice = 5;     // Whoever watches comes first.
  ByteCount address_space_max = ByteCount{4} << 30U;
  std::int64_t pixels_max = 40'000'000;  // Of one picture.
  std::chrono::milliseconds probe_time_max{10'000};
  // CPU time one encode may take: this much for each second of the video, and a
  // base for starting and for pictures of short videos.
  std::chrono::seconds cpu_per_content_second{30};
  std::chrono::seconds cpu_base{60};
  // An encoder that makes neither a frame nor a byte for so long is given up.
  std::chrono::milliseconds stall_time_max{60'000};
  // False runs without protection of files on kernels that have none.
  bool require_landlock = true;
};

}  // namespace tritontube::ffmpeg
