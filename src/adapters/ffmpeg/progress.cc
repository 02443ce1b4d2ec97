#include "adapters/ffmpeg/progress.h"

#include <algorithm>
#include <charconv>

namespace tritontube::ffmpeg {

namespace {

constexpr std::size_t kLineMax = 4096;

// Leaves `number` alone for "N/A".
void ReadNumber(std::string_view text, std::int64_t& number) {
  std::int64_t read = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), read);
  if (error == std::errc() && read > number) number = read;
}

}  // namespace

void ProgressReader::Push(std::string_view text) {
  pending_ += text;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = pending_.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    ReadLine(std::string_view(pending_).substr(begin, end - begin));
  }
  pending_.erase(0, begin);
  if (pending_.size() > kLineMax) pending_.clear();
}

void ProgressReader::ReadLine(std::string_view line) {
  constexpr std::string_view kFrame = "frame=";
  constexpr std::string_view kOutTime = "out_time_us=";
  if (line.starts_with(kFrame)) ReadNumber(line.substr(kFrame.size()), frame_);
  if (line.starts_with(kOutTime)) ReadNumber(line.substr(kOutTime.size()), out_time_microseconds_);
}

double FractionMade(const media::EncodePlan& plan, const ProgressReader& progress) {
  double begin_seconds = 0;
  double made = static_cast<double>(progress.out_time_microseconds()) / 1e6;
  double all = plan.duration_seconds;
  if (plan.video) {
    const media::VideoPlan& video = *plan.video;
    const std::int64_t end = video.end_frame > 0 ? video.end_frame : video.frame_count;
    if (end > video.first_frame) {
      made = static_cast<double>(progress.frame());
      all = static_cast<double>(end - video.first_frame);
    } else {
      begin_seconds = static_cast<double>(video.first_frame) / video.frame_rate.AsDouble();
    }
  }
  if (all <= begin_seconds) return 0;
  return std::clamp((made - begin_seconds) / (all - begin_seconds), 0.0, 1.0);
}

}  // namespace tritontube::ffmpeg
