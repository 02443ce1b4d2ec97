#include "support/fake_presentation.h"

#include <fmt/format.h>

#include <algorithm>

#include "support/fragmented_mp4.h"

namespace tritontube::support {

namespace {

struct Samples {
  std::uint32_t count = 0;  // In a whole segment.
  std::uint32_t duration = 0;
  std::uint32_t size = 0;
};

void AddSegments(FakePresentation& fake, media::Rendition& rendition, const Samples& samples,
                 int segment_count) {
  std::uint64_t start = 0;
  for (int i = 1; i <= segment_count; ++i) {
    FakeFragment fragment;
    fragment.sequence_number = static_cast<std::uint32_t>(i);
    fragment.base_decode_time = start;
    fragment.sample_count = i == segment_count ? samples.count / 2 : samples.count;
    fragment.sample_duration = samples.duration;
    fragment.sample_size = samples.size;
    std::string bytes = MakeFragment(fragment);
    const std::uint64_t duration = std::uint64_t{fragment.sample_count} * samples.duration;
    rendition.segments.push_back({.start = start, .duration = duration, .size = bytes.size()});
    start += duration;
    const auto number = static_cast<std::size_t>(i);
    fake.files[media::SegmentFileName(rendition.id, number)] = std::move(bytes);
  }
}

void AddVideo(FakePresentation& fake, int height, int segment_count) {
  media::Rendition rendition;
  rendition.id = fmt::format("v{}", height);
  rendition.codecs = "avc1.64001f";
  rendition.width = height * 16 / 9;
  rendition.height = height;
  rendition.frame_rate = {24, 1};
  rendition.timescale = 12'288;
  FakeTrack track;
  track.width = rendition.width;
  track.height = rendition.height;
  fake.files[media::InitFileName(rendition.id)] = MakeInit(track);
  const auto size = static_cast<std::uint32_t>(height / 4);
  AddSegments(fake, rendition, {.count = 96, .duration = 512, .size = size}, segment_count);
  fake.presentation.renditions.push_back(std::move(rendition));
}

void AddAudio(FakePresentation& fake, int index, int segment_count) {
  media::Rendition rendition;
  rendition.id = fmt::format("a{}", index);
  rendition.kind = media::Kind::kAudio;
  rendition.codecs = "mp4a.40.2";
  rendition.channels = 2;
  rendition.sample_rate = 48'000;
  rendition.language = index == 0 ? "eng" : "fra";
  rendition.label = index == 0 ? "" : "Commentary <\"A&B\">";
  rendition.is_default = index == 0;
  rendition.timescale = 48'000;
  rendition.presentation_offset = 1024;
  FakeTrack track;
  track.video = false;
  track.timescale = 48'000;
  track.edit_media_time = 1024;
  fake.files[media::InitFileName(rendition.id)] = MakeInit(track);
  AddSegments(fake, rendition, {.count = 188, .duration = 1024, .size = 20}, segment_count);
  fake.presentation.renditions.push_back(std::move(rendition));
}

}  // namespace

FakePresentation MakePresentation(const FakePresentationOptions& options) {
  FakePresentation fake;
  for (int i = 0; i < options.video_renditions; ++i)
    AddVideo(fake, 720 >> i, options.segment_count);
  for (int i = 0; i < options.audio_tracks; ++i) AddAudio(fake, i, options.segment_count);
  fake.presentation.has_poster = options.video_renditions > 0;
  for (const media::Rendition& rendition : fake.presentation.renditions) {
    fake.presentation.duration_seconds =
        std::max(fake.presentation.duration_seconds, media::DurationSeconds(rendition));
  }
  return fake;
}

}  // namespace tritontube::support
