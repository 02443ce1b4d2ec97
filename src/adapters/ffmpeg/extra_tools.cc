#include "adapters/ffmpeg/extra_tools.h"

#include <cmath>

#include "adapters/ffmpeg/extra_command.h"
#include "adapters/ffmpeg/index_source.h"
#include "adapters/ffmpeg/loudness_output.h"
#include "adapters/ffmpeg/similarity_output.h"
#include "adapters/ffmpeg/tool_run.h"

namespace tritontube::ffmpeg {

// An extra takes a small part of real time; more than that is a hostile file.
std::chrono::seconds FfmpegExtraTools::CpuMax(double content_seconds) const {
  return options_.cpu_base + std::chrono::seconds(std::llround(content_seconds));
}

// Of the range, however long the video is: one whose key pictures are so far apart that most of it
// would have to be decoded is done without.
std::chrono::seconds FfmpegExtraTools::ComparisonCpuMax(const media::VideoPlan& plan) const {
  const double seconds =
      static_cast<double>(plan.end_frame - plan.first_frame) / plan.frame_rate.AsDouble();
  return options_.cpu_base + options_.cpu_per_content_second * std::llround(std::ceil(seconds));
}

async::Task<Result<blob::Bytes>> FfmpegExtraTools::Jpeg(std::vector<std::string> arguments,
                                                        std::filesystem::path source,
                                                        double content_seconds,
                                                        Deadline deadline) const {
  TT_CO_ASSIGN_OR_RETURN(ToolOutcome outcome,
                         co_await ReadWithTool(options_, std::move(arguments), std::move(source),
                                               CpuMax(content_seconds), deadline));
  if (!outcome.output.empty()) co_return blob::Bytes(std::move(outcome.output));
  co_return Fail(ErrorCode::kInvalidArgument, "no picture could be made of it");
}

async::Task<Result<blob::Bytes>> FfmpegExtraTools::MakeSheet(media::MediaFile pictures,
                                                             media::SheetPlan sheet,
                                                             Deadline deadline) {
  co_return co_await Jpeg(SheetCommand(options_, pictures, sheet), pictures.path,
                          pictures.duration_seconds, deadline);
}

async::Task<Result<std::optional<media::Loudness>>> FfmpegExtraTools::MeasureLoudness(
    media::MediaFile sound, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      const ToolOutcome outcome,
      co_await ReadWithTool(options_, LoudnessCommand(options_, sound), sound.path,
                            CpuMax(sound.duration_seconds), deadline));
  co_return ParseLoudness(outcome.errors);
}

async::Task<Result<std::string>> FfmpegExtraTools::ReadSubtitles(media::MediaFile source,
                                                                 int stream_index,
                                                                 Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      ToolOutcome outcome,
      co_await ReadWithTool(options_, SubtitleCommand(options_, source, stream_index), source.path,
                            CpuMax(source.duration_seconds), deadline));
  co_return std::move(outcome.output);
}

async::Task<Result<blob::Bytes>> FfmpegExtraTools::MakeStill(media::MediaFile pictures,
                                                             double seconds, Deadline deadline) {
  co_return co_await Jpeg(StillCommand(options_, pictures, seconds), pictures.path, 0, deadline);
}

async::Task<Result<blob::Bytes>> FfmpegExtraTools::MakePicture(std::filesystem::path file,
                                                               media::PictureFormat format,
                                                               Deadline deadline) {
  co_return co_await Jpeg(PictureCommand(options_, file, format), file, 0, deadline);
}

async::Task<Result<std::vector<double>>> FfmpegExtraTools::CompareRungs(
    std::filesystem::path source, std::filesystem::path scratch, media::EncodePlan plan,
    std::vector<std::filesystem::path> rungs, Deadline deadline) {
  if (plan.remux_first) {
    const std::chrono::seconds copying_max = CpuMax(plan.duration_seconds);
    TT_CO_ASSIGN_OR_RETURN(media::IndexedSource copy,
                           co_await IndexSource(options_, std::move(source), std::move(scratch),
                                                std::move(plan), copying_max, deadline));
    source = std::move(copy.path);
    plan = std::move(copy.plan);
  }
  std::vector<std::string> readable = {source.string()};
  for (const std::filesystem::path& rung : rungs) readable.push_back(rung.string());
  TT_CO_ASSIGN_OR_RETURN(
      const ToolOutcome outcome,
      co_await ReadAllWithTool(options_, CompareCommand(options_, source, plan, rungs),
                               std::move(readable), ComparisonCpuMax(*plan.video), deadline));
  co_return ParseSimilarities(outcome.errors, rungs.size());
}

}  // namespace tritontube::ffmpeg
