#include "services/transcode/made_tracks.h"

#include <utility>

#include "base/assert.h"
#include "core/bmff/fragment.h"

namespace tritontube::transcode {

namespace {

std::vector<media::Rendition> RenditionsOf(const media::EncodePlan& plan) {
  std::vector<media::Rendition> renditions;
  if (plan.video) {
    for (const media::VideoRung& rung : plan.video->rungs) {
      renditions.push_back({.id = rung.id,
                            .kind = media::Kind::kVideo,
                            .codecs = {},
                            .width = rung.width,
                            .height = rung.height,
                            .frame_rate = plan.video->frame_rate,
                            .language = {},
                            .label = {},
                            .segments = {}});
    }
  }
  for (const media::AudioPlan& audio : plan.audio) {
    renditions.push_back({.id = audio.id,
                          .kind = media::Kind::kAudio,
                          .codecs = {},
                          .frame_rate = {},
                          .channels = audio.channels,
                          .sample_rate = audio.sample_rate,
                          .language = audio.language,
                          .label = audio.label,
                          .is_default = audio.is_default,
                          .segments = {}});
  }
  return renditions;
}

template <typename... Args>
std::unexpected<Error> Unfit(const media::Rendition& rendition, fmt::format_string<Args...> format,
                             Args&&... args) {
  return Fail(ErrorCode::kInternal, "the encoder's {} {}", rendition.id,
              fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace

std::uint64_t TickOf(const media::VideoPlan& plan, std::int64_t frame) {
  const auto rate = static_cast<std::uint64_t>(plan.frame_rate.numerator);
  const auto scale = static_cast<std::uint64_t>(plan.frame_rate.denominator) * plan.timescale;
  return static_cast<std::uint64_t>(frame) * (scale / rate);
}

MadeTracks::MadeTracks(const media::EncodePlan& plan) {
  if (plan.video) first_tick_ = TickOf(*plan.video, plan.video->first_frame);
  for (media::Rendition& rendition : RenditionsOf(plan)) {
    tracks_.push_back({.rendition = std::move(rendition), .boxes = {}});
  }
}

Result<void> MadeTracks::Begin(std::size_t output, const blob::Bytes& bytes) {
  TT_ASSERT(output < tracks_.size(), "output {} of {}", output, tracks_.size());
  auto& [rendition, boxes] = tracks_[output];
  std::string scratch;
  Result<bmff::InitSegment> init = bmff::ParseInit(bytes.Contiguous(scratch));
  if (!init) return Unfit(rendition, "begins with {}", init.error().message());
  if (init->tracks.size() != 1) return Unfit(rendition, "has {} tracks", init->tracks.size());
  boxes = std::move(init->tracks.front());
  rendition.codecs = boxes->codecs;
  rendition.timescale = boxes->timescale;
  rendition.presentation_offset = boxes->edit_media_time;
  return {};
}

std::uint64_t MadeTracks::EndOf(std::size_t output) const {
  const media::Rendition& rendition = tracks_[output].rendition;
  if (!rendition.segments.empty()) {
    return rendition.segments.back().start + rendition.segments.back().duration;
  }
  return rendition.kind == media::Kind::kVideo ? first_tick_ : 0;
}

Result<media::Segment> MadeTracks::Inspect(std::size_t output, const blob::Bytes& bytes) const {
  TT_ASSERT(output < tracks_.size(), "output {} of {}", output, tracks_.size());
  const auto& [rendition, boxes] = tracks_[output];
  if (!boxes) return Unfit(rendition, "has a segment before its beginning");
  std::string scratch;
  const auto fragment = bmff::ParseFragment(bytes.Contiguous(scratch), *boxes);
  if (!fragment) return Unfit(rendition, "has a bad segment: {}", fragment.error().message());
  const std::size_t number = rendition.segments.size() + 1;
  if (fragment->base_decode_time != EndOf(output)) {
    return Unfit(rendition, "has a gap: segment {} starts at {} instead of {}", number,
                 fragment->base_decode_time, EndOf(output));
  }
  if (rendition.kind == media::Kind::kVideo && !fragment->starts_with_sync_sample) {
    return Unfit(rendition, "segment {} does not start with a key frame", number);
  }
  return media::Segment{
      .start = fragment->base_decode_time, .duration = fragment->duration, .size = bytes.size()};
}

void MadeTracks::Add(std::size_t output, media::Segment segment) {
  tracks_[output].rendition.segments.push_back(segment);
}

std::vector<media::Rendition> MadeTracks::Renditions() const {
  std::vector<media::Rendition> made;
  for (const Track& track : tracks_) {
    if (!track.rendition.segments.empty()) made.push_back(track.rendition);
  }
  return made;
}

}  // namespace tritontube::transcode
