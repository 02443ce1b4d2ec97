#include "adapters/ffmpeg/ffmpeg_tools.h"

#include <algorithm>
#include <cmath>

#include "adapters/ffmpeg/command.h"
#include "adapters/ffmpeg/encode_run.h"
#include "adapters/ffmpeg/explain.h"
#include "adapters/ffmpeg/extra_command.h"
#include "adapters/ffmpeg/index_source.h"
#include "adapters/ffmpeg/probe_output.h"
#include "adapters/ffmpeg/self_test.h"
#include "adapters/ffmpeg/tool_run.h"

namespace tritontube::ffmpeg {

namespace {

constexpr double kPosterSecondsMax = 30;

std::chrono::seconds WholeSeconds(std::chrono::milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time);
}

}  // namespace

async::Task<Result<std::unique_ptr<FfmpegTools>>> FfmpegTools::Open(FfmpegOptions options,
                                                                    std::filesystem::path scratch,
                                                                    Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await CheckPrograms(options, deadline));
  TT_CO_RETURN_IF_ERROR(co_await AttackOurselves(options, std::move(scratch), deadline));
  co_return std::unique_ptr<FfmpegTools>(new FfmpegTools(std::move(options)));
}

async::Task<Result<media::Source>> FfmpegTools::Probe(std::filesystem::path file,
                                                      media::Container container,
                                                      Deadline deadline) {
  const std::chrono::seconds cpu_max = WholeSeconds(options_.probe_time_max);
  TT_CO_ASSIGN_OR_RETURN(
      const ToolOutcome outcome,
      co_await ReadWithTool(options_, ProbeCommand(options_, file, container), file, cpu_max,
                            deadline.EarlierOf(Deadline::After(options_.probe_time_max))));
  TT_CO_ASSIGN_OR_RETURN(media::Source source, ParseProbeOutput(outcome.output, container));
  // Of pictures that are larger than it may decode ffprobe says nothing but this.
  const bool is_unsized = std::ranges::any_of(source.video, [](const media::VideoStream& video) {
    return video.width == 0 || video.height == 0;
  });
  if (is_unsized && outcome.errors.contains("max pixel count")) {
    co_return std::unexpected(ExplainFailure(outcome.errors, outcome.status, cpu_max));
  }
  co_return source;
}

async::Task<Result<bool>> FfmpegTools::CheckSound(media::MediaFile file,
                                                  std::vector<int> stream_indexes,
                                                  Deadline deadline) {
  // It takes a fiftieth of real time.
  const std::chrono::seconds cpu_max =
      options_.cpu_base + std::chrono::seconds(std::llround(file.duration_seconds));
  ToolRun run{.arguments = CheckSoundCommand(options_, file, stream_indexes),
              .jail = ReadingJail(options_, cpu_max, {file.path.string()})};
  TT_CO_ASSIGN_OR_RETURN(const ToolOutcome outcome,
                         co_await RunTool(options_, std::move(run), deadline));
  if (outcome.status.ok()) co_return true;
  Error why = ExplainFailure(outcome.errors, outcome.status, cpu_max);
  // When this machine is at fault nothing is known of the sound.
  if (why.code() == ErrorCode::kResourceExhausted || why.code() == ErrorCode::kUnavailable) {
    co_return std::unexpected(std::move(why));
  }
  co_return false;
}

async::Task<Result<media::IndexedSource>> FfmpegTools::Index(std::filesystem::path source,
                                                             std::filesystem::path scratch,
                                                             media::EncodePlan plan,
                                                             Deadline deadline) {
  const std::chrono::seconds cpu_max = CpuMax(plan);
  co_return co_await IndexSource(options_, std::move(source), std::move(scratch), std::move(plan),
                                 cpu_max, deadline);
}

async::Task<Result<media::EncodeSummary>> FfmpegTools::Encode(std::filesystem::path source,
                                                              std::filesystem::path scratch,
                                                              media::EncodePlan plan,
                                                              media::EncodeSink& sink,
                                                              Deadline deadline) {
  if (!plan.remux_first) {
    co_return co_await EncodeIndexed(std::move(source), plan, sink, deadline);
  }
  TT_CO_ASSIGN_OR_RETURN(
      const media::IndexedSource copy,
      co_await Index(std::move(source), std::move(scratch), std::move(plan), deadline));
  TT_CO_ASSIGN_OR_RETURN(media::EncodeSummary summary,
                         co_await EncodeIndexed(copy.path, copy.plan, sink, deadline));
  summary.cpu_seconds += copy.cpu_seconds;
  co_return summary;
}

async::Task<Result<blob::Bytes>> FfmpegTools::MakePoster(std::filesystem::path source,
                                                         std::filesystem::path /*scratch*/,
                                                         media::EncodePlan plan,
                                                         Deadline deadline) {
  if (!plan.video) co_return co_await PictureOfSound(std::move(source), plan, deadline);
  // Past the titles. A file that is shorter than it says gets its first picture.
  const double later = std::min(plan.duration_seconds / 10, kPosterSecondsMax);
  for (const double at_seconds : {later, 0.0}) {
    TT_CO_ASSIGN_OR_RETURN(std::string picture,
                           co_await Picture(source, plan, at_seconds, deadline));
    if (!picture.empty()) co_return blob::Bytes(std::move(picture));
  }
  co_return Fail(ErrorCode::kInvalidArgument, "not one of its pictures could be decoded");
}

// The cover, or where that is no picture, the waveform.
async::Task<Result<blob::Bytes>> FfmpegTools::PictureOfSound(std::filesystem::path source,
                                                             const media::EncodePlan& plan,
                                                             Deadline deadline) const {
  if (plan.cover_picture_index) {
    auto cover = co_await ReadWithTool(options_, CoverCommand(options_, source, plan), source,
                                       options_.cpu_base, deadline);
    if (cover && !cover->output.empty()) co_return blob::Bytes(std::move(cover->output));
  }
  TT_CO_ASSIGN_OR_RETURN(ToolOutcome waveform,
                         co_await ReadWithTool(options_, WaveformCommand(options_, source, plan),
                                               source, CpuMax(plan), deadline));
  if (!waveform.output.empty()) co_return blob::Bytes(std::move(waveform.output));
  co_return Fail(ErrorCode::kInvalidArgument, "none of its sound could be decoded");
}

async::Task<Result<std::string>> FfmpegTools::Picture(std::filesystem::path source,
                                                      const media::EncodePlan& plan,
                                                      double at_seconds, Deadline deadline) const {
  TT_CO_ASSIGN_OR_RETURN(
      ToolOutcome outcome,
      co_await ReadWithTool(options_, PosterCommand(options_, source, plan, at_seconds), source,
                            options_.cpu_base, deadline));
  co_return std::move(outcome.output);
}

std::chrono::seconds FfmpegTools::CpuMax(const media::EncodePlan& plan) const {
  const auto content = static_cast<std::int64_t>(std::ceil(plan.duration_seconds));
  return options_.cpu_base + options_.cpu_per_content_second * content;
}

async::Task<Result<media::EncodeSummary>> FfmpegTools::EncodeIndexed(std::filesystem::path source,
                                                                     const media::EncodePlan& plan,
                                                                     media::EncodeSink& sink,
                                                                     Deadline deadline) const {
  const std::chrono::seconds cpu_max = CpuMax(plan);
  std::vector<int> pipes = {kProgressPipe};
  for (std::size_t i = 0; i < plan.output_count(); ++i) {
    pipes.push_back(kFirstOutputPipe + static_cast<int>(i));
  }
  ToolRun run = {.arguments = EncodeCommand(options_, source, plan),
                 .jail = ReadingJail(options_, cpu_max, {source.string()})};
  TT_CO_ASSIGN_OR_RETURN(
      process::ChildProcess child,
      co_await process::Spawn(SpawnInJail(options_, std::move(run), std::move(pipes)), deadline));
  EncodeRun encode(options_, plan, child, sink);
  co_return co_await encode.Run(cpu_max, deadline);
}

}  // namespace tritontube::ffmpeg
