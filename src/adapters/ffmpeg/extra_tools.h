#pragma once

#include "adapters/ffmpeg/options.h"
#include "core/media/tools.h"

namespace tritontube::ffmpeg {

// The tools for what goes with a video, made of the same ffmpeg in the same jail
// as FfmpegTools, whose Open() has to have succeeded with these options.
//
// Immutable: any number of calls run side by side.
class FfmpegExtraTools final : public media::ExtraTools {
 public:
  explicit FfmpegExtraTools(FfmpegOptions options) : options_(std::move(options)) {}

  async::Task<Result<blob::Bytes>> MakeSheet(media::MediaFile pictures, media::SheetPlan sheet,
                                             Deadline deadline) override;
  async::Task<Result<std::optional<media::Loudness>>> MeasureLoudness(media::MediaFile sound,
                                                                      Deadline deadline) override;
  async::Task<Result<std::string>> ReadSubtitles(media::MediaFile source, int stream_index,
                                                 Deadline deadline) override;
  async::Task<Result<blob::Bytes>> MakeStill(media::MediaFile pictures, double seconds,
                                             Deadline deadline) override;
  async::Task<Result<blob::Bytes>> MakePicture(std::filesystem::path file,
                                               media::PictureFormat format,
                                               Deadline deadline) override;
  async::Task<Result<std::vector<double>>> CompareRungs(std::filesystem::path source,
                                                        std::filesystem::path scratch,
                                                        media::EncodePlan plan,
                                                        std::vector<std::filesystem::path> rungs,
                                                        Deadline deadline) override;

 private:
  std::chrono::seconds CpuMax(double content_seconds) const;
  std::chrono::seconds ComparisonCpuMax(const media::VideoPlan& plan) const;
  async::Task<Result<blob::Bytes>> Jpeg(std::vector<std::string> arguments,
                                        std::filesystem::path source, double content_seconds,
                                        Deadline deadline) const;

  const FfmpegOptions options_;
};

}  // namespace tritontube::ffmpeg
