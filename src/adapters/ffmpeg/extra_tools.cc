#include "adapters/ffmpeg/extra_tools.h"

#include <cmath>

#include "adapters/ffmpeg/extra_command.h"
#include "adapters/ffmpeg/loudness_output.h"
#include "adapters/ffmpeg/tool_run.h"

namespace tritontube::ffmpeg {

// An extra takes a small part of real time; more than that is a hostile file.
std::chrono::seconds FfmpegExtraTools::CpuMax(double content_seconds) const {
  return options_.cpu_base + std::chrono::seconds(std::llround(content_seconds));
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

}  // namespace tritontube::ffmpeg
