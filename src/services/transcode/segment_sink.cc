#include "services/transcode/segment_sink.h"

#include <algorithm>
#include <ranges>

#include "services/transcode/first_stored.h"

namespace tritontube::transcode {

namespace {

std::unexpected<Error> Unfit(const media::Rendition& rendition, std::string_view what) {
  return Fail(ErrorCode::kInternal, "the encoder's {} {}", rendition.id, what);
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
                         std::function<void(double)> on_progress)
    : store_(store),
      place_(std::move(place)),
      tracks_(plan),
      on_progress_(std::move(on_progress)) {}

async::Task<Result<void>> SegmentSink::OnInit(std::size_t output, blob::Bytes bytes) {
  TT_CO_RETURN_IF_ERROR(tracks_.Begin(output, bytes));
  const std::string file = media::InitFileName(tracks_.rendition(output).id);
  const blob::Digest digest = blob::DigestOf(bytes);
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes stored, co_await Store(file, std::move(bytes)));
  if (blob::DigestOf(stored) != digest) co_return IsAnotherOne(file);
  co_return Result<void>();
}

async::Task<Result<void>> SegmentSink::OnSegment(std::size_t output, blob::Bytes bytes) {
  const Result<media::Segment> made = tracks_.Inspect(output, bytes);
  if (!made) co_return std::unexpected(made.error());
  const media::Rendition& rendition = tracks_.rendition(output);
  const std::string file = media::SegmentFileName(rendition.id, rendition.segments.size() + 1);
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes stored, co_await Store(file, std::move(bytes)));
  const Result<media::Segment> segment = tracks_.Inspect(output, stored);
  if (!segment || segment->duration != made->duration) co_return IsAnotherOne(file);
  tracks_.Add(output, *segment);
  co_return Result<void>();
}

async::Task<Result<blob::Bytes>> SegmentSink::Store(std::string file, blob::Bytes bytes) {
  const blob::BlobKey key{place_.video, place_.output, std::move(file)};
  const ByteCount size = bytes.size();
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes stored, co_await PutFirst(store_, key, std::move(bytes)));
  stored_bytes_ += size;
  co_return stored;
}

bool SegmentSink::HasBeginning() const {
  for (std::size_t output = 0; output < tracks_.count(); ++output) {
    if (tracks_.rendition(output).segments.empty()) return false;
  }
  return true;
}

Result<media::Presentation> SegmentSink::Finish() const {
  media::Presentation presentation;
  for (std::size_t output = 0; output < tracks_.count(); ++output) {
    const media::Rendition& made = tracks_.rendition(output);
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
