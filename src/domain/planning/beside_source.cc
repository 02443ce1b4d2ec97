#include "domain/planning/beside_source.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace tritontube::planning {

namespace {

// Less is how ffprobe rounds.
constexpr double kClockSlipMin = 0.001;

bool IsShown(const ShownSource& shown, std::uint32_t track_id) {
  return track_id != 0 && std::ranges::find(shown.tracks, track_id) != shown.tracks.end();
}

// Rungs have even sides; the source may have odd ones.
bool IsServedBy(const ShownSource::Pictures& pictures, const media::VideoRung& rung) {
  return std::abs(rung.width - pictures.width) <= 1 && std::abs(rung.height - pictures.height) <= 1;
}

// The first segment begins at frame 0, whenever its first picture is shown.
std::vector<std::int64_t> CutsAt(const std::vector<double>& starts, double rate) {
  std::vector<std::int64_t> cuts;
  std::int64_t last =
      starts.empty() ? 0 : std::max<std::int64_t>(0, std::llround(starts.front() * rate));
  for (const double start : starts) {
    const std::int64_t frame = std::llround(start * rate);
    if (frame <= last) continue;
    cuts.push_back(frame);
    last = frame;
  }
  return cuts;
}

double ProbedStart(const media::Source& source, int stream_index) {
  const auto stream = std::ranges::find(source.video, stream_index, &media::VideoStream::index);
  return stream == source.video.end() ? 0 : stream->start_seconds;
}

}  // namespace

BesidePlan PlanBesideSource(media::EncodePlan plan, const media::Source& source,
                            const ShownSource& shown) {
  // What precedes time zero is shown by nobody; what begins after it comes after it.
  plan.duration_seconds += std::max(plan.start_seconds, 0.0);
  plan.start_seconds = 0;
  std::erase_if(plan.audio,
                [&](const media::AudioPlan& track) { return IsShown(shown, track.track_id); });
  BesidePlan beside{.sound = plan, .ladder = plan};
  beside.sound.video.reset();
  beside.ladder.audio.clear();
  if (!shown.pictures || !beside.ladder.video) return beside;

  media::VideoPlan& video = *beside.ladder.video;
  const ShownSource::Pictures& pictures = *shown.pictures;
  std::erase_if(video.rungs,
                [&](const media::VideoRung& rung) { return IsServedBy(pictures, rung); });
  const double rate = video.frame_rate.AsDouble();
  const double start = pictures.segment_starts.empty() ? 0 : pictures.segment_starts.front();
  // ffmpeg shows the pictures of some files a little later than their boxes say,
  // which is when the source rendition shows them.
  const double slip = ProbedStart(source, video.stream_index) - start;
  if (std::abs(slip) >= kClockSlipMin) beside.ladder.start_seconds = slip;
  video.pad_start = std::llround(start * rate) > 0;
  video.cuts = CutsAt(pictures.segment_starts, rate);
  beside.is_aligned = video.cuts.size() <= kCutsMax;
  if (!beside.is_aligned) video.cuts.clear();
  return beside;
}

}  // namespace tritontube::planning
