#include "services/transcode/segment_sink.h"

#include <algorithm>
#include <ranges>

#include "base/assert.h"
#include "core/bmff/fragment.h"
#include "services/transcode/first_stored.h"

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

// What the encoder made is not what was asked for: our mistake or ffmpeg's.
template <typename... Args>
std::unexpected<Error> Unfit(const media::Rendition& rendition, fmt::format_string<Args...> format,
                             Args&&... args) {
  return Fail(ErrorCode::kInternal, "the encoder's {} {}", rendition.id,
              fmt::format(format, std::forward<Args>(args)...));
}

std::unexpected<Error> DoesNotContinue(const std::string& file) {
  return Fail(ErrorCode::kAlreadyExists, "{} is stored already, and is another one", file);
}

}  // namespace

void MakeOneAudioDefault(std::vector<media::Rendition>& renditions) {
  const auto is_audio = [](const media::Rendition& made) {
    return made.kind == media::Kind::kAudio;
  };
  auto audio = renditions | std::views::filter(is_audio);
  if (audio.empty() || std::ranges::any_of(audio, &media::Rendition::is_default)) return;
  audio.front().is_default = true;
}

SegmentSink::SegmentSink(blob::BlobStore& store, Place place, const media::EncodePlan& plan,
                         std::function<void(double)> on_progress,
                         std::vector<media::Rendition> made)
    : store_(store), place_(std::move(place)), on_progress_(std::move(on_progress)) {
  for (media::Rendition& rendition : RenditionsOf(plan)) {
    const auto before = std::ranges::find(made, rendition.id, &media::Rendition::id);
    if (before != made.end()) rendition = std::move(*before);
    outputs_.push_back({.rendition = std::move(rendition), .track = {}});
  }
}

async::Task<Result<void>> SegmentSink::OnInit(std::size_t output, blob::Bytes bytes) {
  TT_ASSERT(output < outputs_.size(), "output {} of {}", output, outputs_.size());
  Output& to = outputs_[output];
  std::string scratch;
  Result<bmff::InitSegment> init = bmff::ParseInit(bytes.Contiguous(scratch));
  if (!init) co_return Unfit(to.rendition, "begins with {}", init.error().message());
  if (init->tracks.size() != 1) co_return Unfit(to.rendition, "has {} tracks", init->tracks.size());
  to.track = std::move(init->tracks.front());
  to.rendition.codecs = to.track->codecs;
  to.rendition.timescale = to.track->timescale;
  to.rendition.presentation_offset = to.track->edit_media_time;
  const std::string file = media::InitFileName(to.rendition.id);
  const blob::Digest digest = blob::DigestOf(bytes);
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes stored, co_await Store(file, std::move(bytes)));
  if (blob::DigestOf(stored) != digest) co_return DoesNotContinue(file);
  co_return Result<void>();
}

async::Task<Result<void>> SegmentSink::OnSegment(std::size_t output, blob::Bytes bytes) {
  TT_ASSERT(output < outputs_.size(), "output {} of {}", output, outputs_.size());
  Output& to = outputs_[output];
  if (!to.track) co_return Unfit(to.rendition, "has a segment before its beginning");
  const Result<media::Segment> made = Inspect(to, bytes);
  if (!made) co_return std::unexpected(made.error());
  const std::string file =
      media::SegmentFileName(to.rendition.id, to.rendition.segments.size() + 1);
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes stored, co_await Store(file, std::move(bytes)));
  const Result<media::Segment> segment = Inspect(to, stored);
  if (!segment || segment->duration != made->duration) co_return DoesNotContinue(file);
  to.rendition.segments.push_back(*segment);
  co_return Result<void>();
}

// The segment that comes next.
Result<media::Segment> SegmentSink::Inspect(const Output& output, const blob::Bytes& bytes) {
  const media::Rendition& rendition = output.rendition;
  std::string scratch;
  const auto fragment = bmff::ParseFragment(bytes.Contiguous(scratch), *output.track);
  if (!fragment) return Unfit(rendition, "has a bad segment: {}", fragment.error().message());
  const std::vector<media::Segment>& segments = rendition.segments;
  const std::uint64_t expected =
      segments.empty() ? 0 : segments.back().start + segments.back().duration;
  if (fragment->base_decode_time != expected) {
    return Unfit(rendition, "has a gap: segment {} starts at {} instead of {}", segments.size() + 1,
                 fragment->base_decode_time, expected);
  }
  if (rendition.kind == media::Kind::kVideo && !fragment->starts_with_sync_sample) {
    return Unfit(rendition, "segment {} does not start with a key frame", segments.size() + 1);
  }
  return media::Segment{.start = expected, .duration = fragment->duration, .size = bytes.size()};
}

async::Task<Result<blob::Bytes>> SegmentSink::Store(std::string file, blob::Bytes bytes) {
  const blob::BlobKey key{place_.video, place_.output, std::move(file)};
  const ByteCount size = bytes.size();
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes stored, co_await PutFirst(store_, key, std::move(bytes)));
  stored_bytes_ += size;
  co_return stored;
}

std::vector<media::Rendition> SegmentSink::Made() const {
  std::vector<media::Rendition> made;
  for (const Output& output : outputs_) {
    if (!output.rendition.segments.empty()) made.push_back(output.rendition);
  }
  return made;
}

bool SegmentSink::HasBeginning() const {
  return std::ranges::none_of(
      outputs_, [](const Output& output) { return output.rendition.segments.empty(); });
}

Result<media::Presentation> SegmentSink::Finish() const {
  media::Presentation presentation;
  for (const Output& output : outputs_) {
    const media::Rendition& made = output.rendition;
    if (made.segments.empty() && made.kind == media::Kind::kAudio) continue;
    if (made.segments.empty()) return Unfit(made, "made nothing");
    presentation.duration_seconds =
        std::max(presentation.duration_seconds, media::DurationSeconds(made));
    presentation.renditions.push_back(made);
  }
  if (presentation.renditions.empty()) {
    return Fail(ErrorCode::kInternal, "the encoder made nothing");
  }
  MakeOneAudioDefault(presentation.renditions);
  return presentation;
}

}  // namespace tritontube::transcode
