#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "core/blob/bytes.h"
#include "core/media/encode_plan.h"
#include "core/media/presentation.h"
#include "core/media/source.h"
#include "core/media/storyboard.h"
#include "foundation/async/task.h"

// What the product needs from a media tool, which runs in its own process.
namespace tritontube::media {

// A file for a tool: one that we chose the path of.
struct MediaFile {
  std::filesystem::path path;
  Container container = Container::kMov;
  double duration_seconds = 0;  // Decides how much time a tool may take.
};

// Errors: kInvalidArgument when the file is at fault (the message is for its
// owner), anything else when the machine is.
class Prober {
 public:
  virtual ~Prober() = default;
  // Reads what the file says of itself. `file` is a path we chose.
  virtual async::Task<Result<Source>> Probe(std::filesystem::path file, Container container,
                                            Deadline deadline) = 0;
  // Decodes these streams of sound; false when not all of them can be, from the
  // beginning to the end.
  virtual async::Task<Result<bool>> CheckSound(MediaFile file, std::vector<int> stream_indexes,
                                               Deadline deadline) = 0;
};

// Receives what an encoder makes, while it is being made. Called from the
// encoder's own task, one call at a time per output; an error stops the encoder.
class EncodeSink {
 public:
  virtual ~EncodeSink() = default;
  // `output` counts the plan's rungs first, then its audio tracks. The
  // initialisation segment (ftyp, moov) comes first and once.
  virtual async::Task<Result<void>> OnInit(std::size_t output, blob::Bytes bytes) = 0;
  // A whole moof and mdat.
  virtual async::Task<Result<void>> OnSegment(std::size_t output, blob::Bytes bytes) = 0;
  // How far the slowest output is, 0 to 1. Never falls.
  virtual void OnProgress(double fraction) = 0;
};

// A lossless copy of a source that has an index, and what makes of it what a plan
// makes of the original.
struct IndexedSource {
  std::filesystem::path path;
  EncodePlan plan;
  double cpu_seconds = 0;
};

struct EncodeSummary {
  double cpu_seconds = 0;
  ByteCount memory_bytes_max = 0;
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  // Copies what the plan needs of an original without an index into `scratch`. The same
  // original and plan give the same bytes. Requires: plan.remux_first.
  virtual async::Task<Result<IndexedSource>> Index(std::filesystem::path source,
                                                   std::filesystem::path scratch, EncodePlan plan,
                                                   Deadline deadline) = 0;
  // Makes every output of the plan from `source` in one decode. `scratch` is an
  // empty folder the encoder may fill; the caller removes it. Cancelling ends
  // the processes. Errors as for Prober, and what the sink returned.
  virtual async::Task<Result<EncodeSummary>> Encode(std::filesystem::path source,
                                                    std::filesystem::path scratch, EncodePlan plan,
                                                    EncodeSink& sink, Deadline deadline) = 0;
  // A JPEG picture that stands for the plan's source: of its video, upright and
  // in the proportions of its rungs, from a moment that shows something; of
  // sound alone the cover that came with it, or else its waveform.
  virtual async::Task<Result<blob::Bytes>> MakePoster(std::filesystem::path source,
                                                      std::filesystem::path scratch,
                                                      EncodePlan plan, Deadline deadline) = 0;
};

// What a picture from a person may be.
enum class PictureFormat : std::uint8_t { kJpeg, kPng, kWebp };
// What the first bytes say; the declared type has no say.
std::optional<PictureFormat> SniffPicture(std::span<const std::byte> head);

// The small things that go with a video. Errors as for Prober; each call is a
// process of its own.
class ExtraTools {
 public:
  virtual ~ExtraTools() = default;
  // One JPEG of tiles, row by row, from a file of video alone.
  virtual async::Task<Result<blob::Bytes>> MakeSheet(MediaFile pictures, SheetPlan sheet,
                                                     Deadline deadline) = 0;
  // Nothing for silence.
  virtual async::Task<Result<std::optional<Loudness>>> MeasureLoudness(MediaFile sound,
                                                                       Deadline deadline) = 0;
  // A stream of subtitles as WebVTT in the times of the file. The text is the
  // file's own: not to be trusted.
  virtual async::Task<Result<std::string>> ReadSubtitles(MediaFile source, int stream_index,
                                                         Deadline deadline) = 0;
  // The picture shown at `seconds`, on the clock of the file, as JPEG.
  virtual async::Task<Result<blob::Bytes>> MakeStill(MediaFile pictures, double seconds,
                                                     Deadline deadline) = 0;
  // A picture from a person, made anew as JPEG and no larger than a poster is.
  virtual async::Task<Result<blob::Bytes>> MakePicture(std::filesystem::path file,
                                                       PictureFormat format, Deadline deadline) = 0;
  // How like each rung of the plan, in the plan's range of frames, is to the pictures of `source`
  // that it was made of: SSIM, 1 for the same. `rungs` are files of them in the plan's order that
  // begin with the range; `scratch` as for Encoder::Encode(). Requires: rungs, and an end of the
  // range.
  virtual async::Task<Result<std::vector<double>>> CompareRungs(
      std::filesystem::path source, std::filesystem::path scratch, EncodePlan plan,
      std::vector<std::filesystem::path> rungs, Deadline deadline) = 0;
};

}  // namespace tritontube::media
