#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/ffmpeg/options.h"
#include "core/media/container.h"
#include "core/media/encode_plan.h"
#include "core/media/tools.h"

// What ffmpeg is asked to do, as pure functions from a plan to arguments. The
// rules that keep a hostile file from steering it: the demuxer is forced, only
// local files may be opened, the path is one we chose, nothing of the file's
// own words gets into a command.
namespace tritontube::ffmpeg {

// The descriptors of an encoder: progress, then output n of the plan at
// kFirstOutputPipe + n.
inline constexpr int kProgressPipe = 1;
inline constexpr int kFirstOutputPipe = 3;

using Arguments = std::vector<std::string>;

std::vector<std::string> ProbeCommand(const FfmpegOptions& options,
                                      const std::filesystem::path& source,
                                      media::Container container);

// Decodes everything of these streams and stops with an error at the first fault.
std::vector<std::string> CheckSoundCommand(const FfmpegOptions& options,
                                           const media::MediaFile& file,
                                           const std::vector<int>& stream_indexes);

std::vector<std::string> EncodeCommand(const FfmpegOptions& options,
                                       const std::filesystem::path& source,
                                       const media::EncodePlan& plan);

void Append(Arguments& arguments, std::initializer_list<std::string> more);
// How each of them begins, and how a file from a stranger is given to it.
std::vector<std::string> FfmpegStart(const FfmpegOptions& options,
                                     std::string_view log_level = "error");
void AppendInput(std::vector<std::string>& arguments, const FfmpegOptions& options,
                 const std::filesystem::path& source, std::string_view demuxer);
// The source of a plan, from where its pictures are wanted, in the times that VideoFilter()
// expects.
void AppendPlannedInput(std::vector<std::string>& arguments, const FfmpegOptions& options,
                        const std::filesystem::path& source, const media::EncodePlan& plan);
inline constexpr int kPosterQuality = 4;
// One JPEG on standard output. `quality` as ffmpeg counts: 2 is best, 31 worst.
void AppendJpegOutput(std::vector<std::string>& arguments, int quality);

// One JPEG picture on standard output; none when the video ends before that.
std::vector<std::string> PosterCommand(const FfmpegOptions& options,
                                       const std::filesystem::path& source,
                                       const media::EncodePlan& plan, double at_seconds);

// Copies the streams of the plan, which begin at zero then, into Matroska.
std::vector<std::string> RemuxCommand(const FfmpegOptions& options,
                                      const std::filesystem::path& source,
                                      const std::filesystem::path& target,
                                      const media::EncodePlan& plan);
// The plan that does to the copy what `plan` does to the original.
media::EncodePlan RemuxedPlan(media::EncodePlan plan);

// The filter graph that makes every rung from one decode, labelled v0, v1, ...
std::string VideoFilter(const media::VideoPlan& plan, double start_seconds,
                        media::Container container);
std::string AudioFilter(const media::AudioPlan& plan, double start_seconds);

}  // namespace tritontube::ffmpeg
