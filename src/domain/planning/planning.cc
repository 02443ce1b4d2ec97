#include "domain/planning/planning.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "domain/planning/frame_grid.h"
#include "domain/planning/ladder.h"
#include "domain/planning/tracks.h"

namespace tritontube::planning {

namespace {

// Encoders count a few hundredths of a second of run-up as negative time. It is
// not to be shown; a file that begins earlier than this means it.
constexpr double kRunUpSecondsMax = 0.5;
// No clock that a container could carry goes further.
constexpr double kClockSecondsMax = 1e10;
// A few pictures spread over hours would be multiplied into millions.
constexpr double kFramesPerPacketMax = 20;
constexpr double kFramesFree = 600;

// The part of the file's clock that a stream covers.
struct Extent {
  double start = 0;
  std::optional<double> end;  // Unknown when neither the stream nor the container says.
};

double Sane(double seconds) {
  return std::isfinite(seconds) && std::abs(seconds) < kClockSecondsMax ? seconds : 0;
}

Extent ExtentOf(const media::Source& source, double start_seconds, double duration_seconds) {
  double start = Sane(start_seconds);
  if (start < 0 && start >= -kRunUpSecondsMax) start = 0;
  const double duration = Sane(duration_seconds);
  if (duration > 0) return {.start = start, .end = start + duration};
  const double whole = Sane(source.duration_seconds);
  const double end = Sane(source.start_seconds) + whole;
  if (whole > 0 && end > start) return {.start = start, .end = end};
  return {.start = start, .end = std::nullopt};
}

bool IsUnindexed(media::Container container) {
  return container == media::Container::kMpegTs || container == media::Container::kMpegPs ||
         container == media::Container::kFlv;
}

Result<void> CheckDuration(double seconds, const PlanningPolicy& policy) {
  if (seconds <= policy.duration_seconds_max) return {};
  return Fail(ErrorCode::kInvalidArgument,
              "the file says it is {:.1f} hours long; at most {:.0f} "
              "hours are accepted",
              seconds / 3600, policy.duration_seconds_max / 3600);
}

Result<void> CheckNotSparse(double frames, std::int64_t packet_count) {
  if (packet_count <= 0) return {};
  if (frames <= kFramesPerPacketMax * static_cast<double>(packet_count) + kFramesFree) return {};
  return Fail(ErrorCode::kInvalidArgument,
              "the video has only {} pictures for its duration: it looks damaged", packet_count);
}

bool IsHdr(const media::VideoStream& stream) {
  return stream.color_transfer == "smpte2084" || stream.color_transfer == "arib-std-b67";
}

Result<media::VideoPlan> PlanVideo(const media::VideoStream& stream, const Extent& extent,
                                   double zero, const PlanningPolicy& policy) {
  TT_ASSIGN_OR_RETURN(const DisplaySize size, DisplaySizeOf(stream, policy.pixels_max));
  media::VideoPlan plan;
  plan.stream_index = stream.index;
  plan.frame_rate = GridRate(stream);
  plan.frames_per_segment = FramesPerSegment(plan.frame_rate);
  plan.timescale = Timescale(plan.frame_rate);
  const double rate = plan.frame_rate.AsDouble();
  if (extent.end) {
    const double frames = (*extent.end - zero) * rate;
    TT_RETURN_IF_ERROR(CheckNotSparse(frames, stream.frame_count));
    plan.frame_count = std::max<std::int64_t>(1, std::llround(frames));
  }
  plan.pad_start = std::llround((extent.start - zero) * rate) > 0;
  plan.deinterlace = stream.interlaced;
  plan.tone_map = IsHdr(stream);
  plan.rungs = Ladder(size, plan.frame_rate);
  return plan;
}

}  // namespace

Result<media::EncodePlan> PlanEncode(const media::Source& source, const PlanningPolicy& policy) {
  const auto video = std::ranges::find_if(
      source.video, [](const media::VideoStream& stream) { return stream.index >= 0; });
  const bool has_video = video != source.video.end();
  const std::vector<media::AudioStream> audio = UsableAudio(source, policy.audio_tracks_max);
  const std::size_t undecodable_audio_count = CountUndecodableAudio(source);
  if (!has_video && audio.empty() && undecodable_audio_count > 0) {
    return Fail(ErrorCode::kInvalidArgument,
                "its sound is in a format that we cannot decode; export it as AAC, for example");
  }
  if (!has_video && audio.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "the file holds neither video nor audio");
  }

  std::vector<Extent> extents;
  if (has_video) {
    extents.push_back(ExtentOf(source, video->start_seconds, video->duration_seconds));
  }
  for (const media::AudioStream& stream : audio) {
    extents.push_back(ExtentOf(source, stream.start_seconds, stream.duration_seconds));
  }

  media::EncodePlan plan;
  plan.container = source.container;
  plan.remux_first = IsUnindexed(source.container);
  plan.start_seconds = std::ranges::min(extents, {}, &Extent::start).start;
  for (const Extent& extent : extents) {
    plan.duration_seconds =
        std::max(plan.duration_seconds, extent.end.value_or(extent.start) - plan.start_seconds);
  }
  TT_RETURN_IF_ERROR(CheckDuration(plan.duration_seconds, policy));
  if (has_video) {
    TT_ASSIGN_OR_RETURN(plan.video, PlanVideo(*video, extents.front(), plan.start_seconds, policy));
    plan.segment_seconds =
        static_cast<double>(plan.video->frames_per_segment) / plan.video->frame_rate.AsDouble();
  }
  plan.audio = PlanAudio(audio);
  plan.undecodable_audio_count = std::min(undecodable_audio_count, policy.audio_tracks_max);
  plan.subtitles = PlanSubtitles(source, policy.subtitle_tracks_max);
  plan.cover_picture_index = source.cover_picture_index;
  return plan;
}

}  // namespace tritontube::planning
