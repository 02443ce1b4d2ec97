#pragma once

#include <memory>

#include "adapters/ffmpeg/options.h"
#include "core/media/tools.h"

namespace tritontube::ffmpeg {

// The media tools, made of the ffmpeg that is installed. Every file is read by
// a child process of its own that can reach nothing but that file.
//
// Immutable: any number of probes and encodes run side by side, each on the
// io_context of its task, whose thread has to live as long as the process.
class FfmpegTools final : public media::Prober, public media::Encoder {
 public:
  // Looks at the programs and attacks them once (see self_test.h), which takes
  // some tenths of a second. `scratch` is a folder that exists. Errors:
  // kUnavailable when ffmpeg is missing, too old or lacks an encoder,
  // kFailedPrecondition when the attack succeeds, those of process::Spawn().
  static async::Task<Result<std::unique_ptr<FfmpegTools>>> Open(FfmpegOptions options,
                                                                std::filesystem::path scratch,
                                                                Deadline deadline);

  async::Task<Result<media::Source>> Probe(std::filesystem::path file, media::Container container,
                                           Deadline deadline) override;

  async::Task<Result<bool>> CheckSound(media::MediaFile file, std::vector<int> stream_indexes,
                                       Deadline deadline) override;

  async::Task<Result<media::IndexedSource>> Index(std::filesystem::path source,
                                                  std::filesystem::path scratch,
                                                  media::EncodePlan plan,
                                                  Deadline deadline) override;

  async::Task<Result<media::EncodeSummary>> Encode(std::filesystem::path source,
                                                   std::filesystem::path scratch,
                                                   media::EncodePlan plan, media::EncodeSink& sink,
                                                   Deadline deadline) override;

  async::Task<Result<blob::Bytes>> MakePoster(std::filesystem::path source,
                                              std::filesystem::path scratch, media::EncodePlan plan,
                                              Deadline deadline) override;

  const FfmpegOptions& options() const { return options_; }

 private:
  explicit FfmpegTools(FfmpegOptions options) : options_(std::move(options)) {}

  std::chrono::seconds CpuMax(const media::EncodePlan& plan) const;
  async::Task<Result<blob::Bytes>> PictureOfSound(std::filesystem::path source,
                                                  const media::EncodePlan& plan,
                                                  Deadline deadline) const;
  async::Task<Result<std::string>> Picture(std::filesystem::path source,
                                           const media::EncodePlan& plan, double at_seconds,
                                           Deadline deadline) const;
  async::Task<Result<media::EncodeSummary>> EncodeIndexed(std::filesystem::path source,
                                                          const media::EncodePlan& plan,
                                                          media::EncodeSink& sink,
                                                          Deadline deadline) const;

  const FfmpegOptions options_;
};

}  // namespace tritontube::ffmpeg
