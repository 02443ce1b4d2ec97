#pragma once

#include <functional>

#include "core/media/tools.h"

namespace tritontube::support {

// A 960x540 video with stereo sound, as a probe would find it.
media::Source SmallSource(double duration_seconds = 8);

class FakeProber final : public media::Prober {
 public:
  // What every probe answers until it is set again.
  Result<media::Source> answer = SmallSource();
  int call_count = 0;

  bool sound_is_whole = true;
  int sound_check_count = 0;

  async::Task<Result<media::Source>> Probe(std::filesystem::path file, media::Container container,
                                           Deadline deadline) override;
  async::Task<Result<bool>> CheckSound(media::MediaFile file, std::vector<int> stream_indexes,
                                       Deadline deadline) override;
};

// Encodes nothing: gives the sink as many well-formed segments as the plan's
// duration asks for.
class FakeEncoder final : public media::Encoder {
 public:
  // Errors that the next calls end with, after so many segments; in order.
  std::vector<Error> failures = {};
  int fail_after = 1;
  // Runs before each segment; an error ends the encode. For tests that wait,
  // cancel, or look at what is going on.
  std::function<async::Task<Result<void>>()> before_segment = nullptr;
  std::optional<Error> poster_failure;
  // Bytes of each sample and how long they last: what an encoder of another
  // version, or of another mind, would make of the same source.
  std::uint32_t sample_size = 10;
  std::uint32_t duration_factor = 1;
  std::vector<media::EncodePlan> plans = {};  // Of every call.
  int call_count = 0;
  int index_count = 0;

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
};

// Makes pictures that say what they were made of.
class FakeExtraTools final : public media::ExtraTools {
 public:
  std::string subtitles = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n";
  std::optional<media::Loudness> loudness =
      media::Loudness{.integrated_lufs = -20, .true_peak_dbfs = -3};
  // What the next calls end with instead; in order, nothing for success.
  std::vector<std::optional<Error>> failures = {};
  std::vector<media::SheetPlan> sheets = {};
  std::vector<double> stills = {};
  std::vector<media::EncodePlan> comparisons = {};
  double ssim = 0.96875;  // Of the first rung; half as much of the next one.
  // The first of the files that the last call was given.
  std::string file_text = {};

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
  Result<void> Begin(const std::filesystem::path& file);
};

}  // namespace tritontube::support
