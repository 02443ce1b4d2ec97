#include "support/fake_media_tools.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "support/fragmented_mp4.h"

namespace tritontube::support {

namespace {

struct FakeOutput {
  FakeTrack track;
  FakeFragment fragment;  // The first one; the others follow.
};

std::vector<FakeOutput> OutputsOf(const media::EncodePlan& plan) {
  std::vector<FakeOutput> outputs;
  if (plan.video) {
    const media::VideoPlan& video = *plan.video;
    const auto ticks = static_cast<std::uint32_t>(video.timescale * video.frame_rate.denominator /
                                                  video.frame_rate.numerator);
    for (const media::VideoRung& rung : video.rungs) {
      outputs.push_back(
          {.track = {.timescale = video.timescale, .width = rung.width, .height = rung.height},
           .fragment = {.sample_count = static_cast<std::uint32_t>(video.frames_per_segment),
                        .sample_duration = ticks}});
    }
  }
  for (std::size_t i = 0; i < plan.audio.size(); ++i) {
    outputs.push_back({.track = {.video = false, .timescale = 48'000},
                       .fragment = {.sample_count = 188, .sample_duration = 1024}});
  }
  return outputs;
}

blob::Bytes NextFragment(FakeFragment& fragment) {
  blob::Bytes bytes(MakeFragment(fragment));
  ++fragment.sequence_number;
  fragment.base_decode_time +=
      std::uint64_t{fragment.sample_count} * std::uint64_t{fragment.sample_duration};
  return bytes;
}

}  // namespace

media::Source SmallSource(double duration_seconds) {
  media::Source source;
  source.duration_seconds = duration_seconds;
  media::VideoStream video;
  video.codec = "h264";
  video.width = 960;
  video.height = 540;
  video.average_frame_rate = {30, 1};
  video.nominal_frame_rate = {30, 1};
  video.pixel_format = "yuv420p";
  video.duration_seconds = duration_seconds;
  source.video.push_back(video);
  media::AudioStream audio;
  audio.index = 1;
  audio.codec = "aac";
  audio.channels = 2;
  audio.sample_rate = 48'000;
  audio.duration_seconds = duration_seconds;
  source.audio.push_back(audio);
  return source;
}

async::Task<Result<media::Source>> FakeProber::Probe(std::filesystem::path /*file*/,
                                                     media::Container /*container*/,
                                                     Deadline /*deadline*/) {
  ++call_count;
  co_return answer;
}

async::Task<Result<bool>> FakeProber::CheckSound(media::MediaFile /*file*/,
                                                 std::vector<int> /*stream_indexes*/,
                                                 Deadline /*deadline*/) {
  ++sound_check_count;
  co_return sound_is_whole;
}

async::Task<Result<media::IndexedSource>> FakeEncoder::Index(std::filesystem::path /*source*/,
                                                             std::filesystem::path scratch,
                                                             media::EncodePlan plan,
                                                             Deadline /*deadline*/) {
  ++index_count;
  media::IndexedSource copy{.path = scratch / "indexed", .plan = std::move(plan)};
  std::ofstream(copy.path, std::ios::binary) << "the same with an index";
  copy.plan.remux_first = false;
  copy.plan.container = media::Container::kMatroska;
  co_return copy;
}

async::Task<Result<media::EncodeSummary>> FakeEncoder::Encode(std::filesystem::path /*source*/,
                                                              std::filesystem::path /*scratch*/,
                                                              media::EncodePlan plan,
                                                              media::EncodeSink& sink,
                                                              Deadline /*deadline*/) {
  ++call_count;
  plans.push_back(plan);
  std::vector<FakeOutput> outputs = OutputsOf(plan);
  for (FakeOutput& output : outputs) {
    output.fragment.sample_size = sample_size;
    output.fragment.sample_duration *= duration_factor;
  }
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    TT_CO_RETURN_IF_ERROR(co_await sink.OnInit(i, blob::Bytes(MakeInit(outputs[i].track))));
  }
  int first = 0;
  int end = std::max(1, static_cast<int>(plan.duration_seconds / plan.segment_seconds));
  if (plan.video) {
    const std::int64_t frames = plan.video->frames_per_segment;
    first = static_cast<int>(plan.video->first_frame / frames);
    if (plan.video->end_frame > 0) end = static_cast<int>(plan.video->end_frame / frames);
  }
  for (FakeOutput& output : outputs) {
    for (int i = 0; i < first; ++i) NextFragment(output.fragment);
  }
  for (int segment = first; segment < end; ++segment) {
    if (before_segment) TT_CO_RETURN_IF_ERROR(co_await before_segment());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      TT_CO_RETURN_IF_ERROR(co_await sink.OnSegment(i, NextFragment(outputs[i].fragment)));
    }
    sink.OnProgress(static_cast<double>(segment + 1 - first) / (end - first));
    if (!failures.empty() && segment + 1 - first >= fail_after) {
      const Error failure = failures.front();
      failures.erase(failures.begin());
      co_return std::unexpected(failure);
    }
  }
  co_return media::EncodeSummary{.cpu_seconds = 1, .memory_bytes_max = 1};
}

async::Task<Result<blob::Bytes>> FakeEncoder::MakePoster(std::filesystem::path /*source*/,
                                                         std::filesystem::path /*scratch*/,
                                                         media::EncodePlan /*plan*/,
                                                         Deadline /*deadline*/) {
  if (poster_failure) co_return std::unexpected(*poster_failure);
  co_return blob::Bytes(std::string("a poster"));
}

Result<void> FakeExtraTools::Begin(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  file_text.assign(std::istreambuf_iterator<char>(stream), {});
  if (failures.empty()) return {};
  const std::optional<Error> failure = failures.front();
  failures.erase(failures.begin());
  return failure ? Result<void>(std::unexpected(*failure)) : Result<void>();
}

async::Task<Result<blob::Bytes>> FakeExtraTools::MakeSheet(media::MediaFile pictures,
                                                           media::SheetPlan sheet,
                                                           Deadline /*deadline*/) {
  TT_CO_RETURN_IF_ERROR(Begin(pictures.path));
  sheets.push_back(sheet);
  co_return blob::Bytes(fmt::format("sheet {}", sheets.size()));
}

async::Task<Result<std::optional<media::Loudness>>> FakeExtraTools::MeasureLoudness(
    media::MediaFile sound, Deadline /*deadline*/) {
  TT_CO_RETURN_IF_ERROR(Begin(sound.path));
  co_return loudness;
}

async::Task<Result<std::string>> FakeExtraTools::ReadSubtitles(media::MediaFile source,
                                                               int /*stream_index*/,
                                                               Deadline /*deadline*/) {
  TT_CO_RETURN_IF_ERROR(Begin(source.path));
  co_return subtitles;
}

async::Task<Result<blob::Bytes>> FakeExtraTools::MakeStill(media::MediaFile pictures,
                                                           double seconds, Deadline /*deadline*/) {
  TT_CO_RETURN_IF_ERROR(Begin(pictures.path));
  stills.push_back(seconds);
  co_return blob::Bytes(std::string("a still"));
}

async::Task<Result<blob::Bytes>> FakeExtraTools::MakePicture(std::filesystem::path file,
                                                             media::PictureFormat /*format*/,
                                                             Deadline /*deadline*/) {
  TT_CO_RETURN_IF_ERROR(Begin(file));
  co_return blob::Bytes(std::string("a picture made anew"));
}

async::Task<Result<std::vector<double>>> FakeExtraTools::CompareRungs(
    std::filesystem::path /*source*/, std::filesystem::path /*scratch*/, media::EncodePlan plan,
    std::vector<std::filesystem::path> rungs, Deadline /*deadline*/) {
  TT_CO_RETURN_IF_ERROR(Begin(rungs.front()));
  comparisons.push_back(std::move(plan));
  std::vector<double> similarities;
  similarities.reserve(rungs.size());
  for (std::size_t i = 0; i < rungs.size(); ++i) {
    similarities.push_back(ssim / static_cast<double>(i + 1));
  }
  co_return similarities;
}

}  // namespace tritontube::support
