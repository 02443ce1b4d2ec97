#include "adapters/ffmpeg/extra_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "adapters/ffmpeg/command.h"

namespace tritontube::ffmpeg {

namespace {

constexpr int kSheetQuality = 5;

// No larger than a page shows it, in its own proportions.
constexpr std::string_view kPosterScale =
    "scale='min(1280,iw)':'min(1280,ih)':force_original_aspect_ratio=decrease:"
    "force_divisible_by=2,setsar=1,format=yuvj420p";

std::string_view DemuxerName(media::PictureFormat format) {
  switch (format) {
    case media::PictureFormat::kJpeg:
      return "jpeg_pipe";
    case media::PictureFormat::kPng:
      return "png_pipe";
    case media::PictureFormat::kWebp:
      return "webp_pipe";
  }
  return "jpeg_pipe";
}

// What was made (input n + 1) against what it was made of ([vn]). The demuxer moves times by as
// many frames as the encoder has put in another order, which is not known before: the first
// picture is that of the range, and the others follow on the grid. A picture without its
// counterpart is not counted.
std::string ComparisonFilter(const media::VideoPlan& plan, std::size_t rung) {
  return fmt::format(
      ";[{0}:v:0]settb={1}/{2},setpts=PTS-STARTPTS+{3},trim=end_pts={4}[m{5}];"
      "[m{5}][v{5}]ssim@{5}=repeatlast=0[c{5}]",
      rung + 1, plan.frame_rate.denominator, plan.frame_rate.numerator, plan.first_frame,
      plan.end_frame, rung);
}

}  // namespace

std::vector<std::string> SheetCommand(const FfmpegOptions& options, const media::MediaFile& file,
                                      const media::SheetPlan& sheet) {
  const bool key_pictures = sheet.interval_seconds == 0;
  Arguments arguments = FfmpegStart(options);
  if (key_pictures) Append(arguments, {"-skip_frame", "nokey"});
  Append(arguments, {"-threads", std::to_string(options.threads)});
  AppendInput(arguments, options, file.path, media::DemuxerName(file.container));
  // The picture in the middle of each interval.
  const std::string pick = key_pictures ? "" : fmt::format("fps=1/{:.3f},", sheet.interval_seconds);
  const std::size_t rows = (sheet.tile_count + media::kTileColumns - 1) / media::kTileColumns;
  Append(arguments,
         {"-map", "0:v:0", "-vf",
          fmt::format("{}scale={}:{},setsar=1,format=yuvj420p,tile={}x{}", pick, sheet.tile_width,
                      sheet.tile_height, media::kTileColumns, std::max<std::size_t>(rows, 1)),
          "-fps_mode", "passthrough"});
  AppendJpegOutput(arguments, kSheetQuality);
  return arguments;
}

std::vector<std::string> StillCommand(const FfmpegOptions& options, const media::MediaFile& file,
                                      double seconds) {
  // Half a millisecond before, because a picture's own time is rounded too.
  Arguments arguments = FfmpegStart(options);
  Append(arguments, {"-copyts"});
  // A whole file is not decoded from its beginning; a key picture is at most ten
  // seconds away in what is shown as it is.
  constexpr double kRunUpSeconds = 15;
  if (file.duration_seconds > 0 && seconds > kRunUpSeconds) {
    Append(arguments, {"-ss", fmt::format("{:.3f}", seconds - kRunUpSeconds)});
  }
  AppendInput(arguments, options, file.path, media::DemuxerName(file.container));
  Append(arguments, {"-map", "0:v:0", "-vf",
                     fmt::format("select='gte(t,{:.4f})',{}", seconds - 0.0005, kPosterScale)});
  AppendJpegOutput(arguments, kPosterQuality);
  return arguments;
}

std::vector<std::string> PictureCommand(const FfmpegOptions& options,
                                        const std::filesystem::path& file,
                                        media::PictureFormat format) {
  Arguments arguments = FfmpegStart(options);
  AppendInput(arguments, options, file, DemuxerName(format));
  Append(arguments, {"-map", "0:v:0", "-vf", std::string(kPosterScale)});
  AppendJpegOutput(arguments, kPosterQuality);
  return arguments;
}

std::vector<std::string> CoverCommand(const FfmpegOptions& options,
                                      const std::filesystem::path& source,
                                      const media::EncodePlan& plan) {
  Arguments arguments = FfmpegStart(options);
  AppendInput(arguments, options, source, media::DemuxerName(plan.container));
  Append(arguments, {"-map", fmt::format("0:{}", *plan.cover_picture_index), "-vf",
                     std::string(kPosterScale)});
  AppendJpegOutput(arguments, kPosterQuality);
  return arguments;
}

std::vector<std::string> WaveformCommand(const FfmpegOptions& options,
                                         const std::filesystem::path& source,
                                         const media::EncodePlan& plan) {
  Arguments arguments = FfmpegStart(options);
  AppendInput(arguments, options, source, media::DemuxerName(plan.container));
  // The filter keeps all it is given until the end: at 8 kHz half a day of sound
  // takes 700 MB.
  Append(arguments,
         {"-filter_complex",
          fmt::format("[0:{}]aresample=8000,aformat=sample_fmts=s16:channel_layouts=mono,"
                      "showwavespic=s=1280x360:colors=#7aa2f7[wave];"
                      "color=c=#15171c:s=1280x720:r=1:d=1[ground];"
                      "[ground][wave]overlay=0:180:format=auto,format=yuvj420p[picture]",
                      plan.audio.front().stream_index),
          "-map", "[picture]"});
  AppendJpegOutput(arguments, kPosterQuality);
  return arguments;
}

std::vector<std::string> SubtitleCommand(const FfmpegOptions& options, const media::MediaFile& file,
                                         int stream_index) {
  Arguments arguments = FfmpegStart(options);
  Append(arguments, {"-copyts"});
  AppendInput(arguments, options, file.path, media::DemuxerName(file.container));
  Append(arguments, {"-map", fmt::format("0:{}", stream_index), "-map_metadata", "-1",
                     "-map_chapters", "-1", "-c:s", "webvtt", "-f", "webvtt", "pipe:1"});
  return arguments;
}

std::vector<std::string> LoudnessCommand(const FfmpegOptions& options,
                                         const media::MediaFile& file) {
  Arguments arguments = FfmpegStart(options, "info");
  AppendInput(arguments, options, file.path, media::DemuxerName(file.container));
  Append(arguments,
         {"-map", "0:a:0", "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"});
  return arguments;
}

std::vector<std::string> CompareCommand(const FfmpegOptions& options,
                                        const std::filesystem::path& source,
                                        const media::EncodePlan& plan,
                                        const std::vector<std::filesystem::path>& rungs) {
  Arguments arguments = FfmpegStart(options, "info");
  AppendPlannedInput(arguments, options, source, plan);
  std::string graph = VideoFilter(*plan.video, plan.start_seconds, plan.container);
  for (std::size_t i = 0; i < rungs.size(); ++i) {
    Append(arguments, {"-threads", "1"});
    AppendInput(arguments, options, rungs[i], media::DemuxerName(media::Container::kMov));
    graph += ComparisonFilter(*plan.video, i);
  }
  Append(arguments, {"-filter_complex", graph});
  for (std::size_t i = 0; i < rungs.size(); ++i)
    Append(arguments, {"-map", fmt::format("[c{}]", i)});
  Append(arguments, {"-fps_mode", "passthrough", "-f", "null", "-"});
  return arguments;
}

}  // namespace tritontube::ffmpeg
