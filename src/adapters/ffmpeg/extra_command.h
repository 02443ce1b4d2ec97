#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "adapters/ffmpeg/options.h"
#include "core/media/tools.h"

// What ffmpeg is asked for besides encoding; the rules are those of command.h.
namespace tritontube::ffmpeg {

std::vector<std::string> SheetCommand(const FfmpegOptions& options, const media::MediaFile& file,
                                      const media::SheetPlan& sheet);
std::vector<std::string> StillCommand(const FfmpegOptions& options, const media::MediaFile& file,
                                      double seconds);
std::vector<std::string> PictureCommand(const FfmpegOptions& options,
                                        const std::filesystem::path& file,
                                        media::PictureFormat format);
// Requires: the plan has a cover picture.
std::vector<std::string> CoverCommand(const FfmpegOptions& options,
                                      const std::filesystem::path& source,
                                      const media::EncodePlan& plan);
// Requires: the plan has sound.
std::vector<std::string> WaveformCommand(const FfmpegOptions& options,
                                         const std::filesystem::path& source,
                                         const media::EncodePlan& plan);
// WebVTT on standard output.
std::vector<std::string> SubtitleCommand(const FfmpegOptions& options, const media::MediaFile& file,
                                         int stream_index);
// What it measures is in the summary that it prints as an error.
std::vector<std::string> LoudnessCommand(const FfmpegOptions& options,
                                         const media::MediaFile& file);
// The rungs of the plan against files of them, in its range; see media::ExtraTools. What it
// measures is printed as errors, for ParseSimilarities().
std::vector<std::string> CompareCommand(const FfmpegOptions& options,
                                        const std::filesystem::path& source,
                                        const media::EncodePlan& plan,
                                        const std::vector<std::filesystem::path>& rungs);

}  // namespace tritontube::ffmpeg
