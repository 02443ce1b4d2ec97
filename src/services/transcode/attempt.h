#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "domain/packaging/source_plan.h"
#include "domain/planning/beside_source.h"
#include "services/transcode/chunked_pictures.h"
#include "services/transcode/growth_writer.h"
#include "services/transcode/segment_sink.h"
#include "services/transcode/transcode_room.h"
#include "services/transcode/worker_dependencies.h"

namespace tritontube::transcode {

class SoundBeside;

// One attempt at a job: reserves the room that it needs, copies the original to
// scratch, probes, plans, encodes, and publishes when every segment is stored. The
// extras follow when the video can be watched already; of a ready video it makes
// only those.
//
// What can be watched before that (ADR 0009), and therefore is made first:
//   of a source that shows all: nothing; its sound is decoded once as a check.
//   of one whose sound is not shown: its sound.
//   of one that is not shown: pictures and sound together, as they are made.
// Pictures that are worth it are made in chunks, by whoever has time; sound is made here
// meanwhile.
//
// What was made of it by an attempt before stays: chunks that are made, and what can be
// watched. An attempt that cannot go on with that, because it would make something else,
// begins anew under its own id and is watched when it is ready.
//
// Lives on the worker's io_context.
class Attempt {
 public:
  // From the moment at which the video is ready `claimed` names what the extras
  // are stored under.
  Attempt(const WorkerDependencies& with, const WorkerOptions& options, jobs::ClaimedJob& claimed)
      : with_(with), options_(options), claimed_(claimed), output_(claimed.output) {}

  async::Task<Result<void>> Run();

 private:
  // Of a number of runs, where one begins and how much of the work it is.
  struct Share {
    double begin = 0;
    double part = 1;
  };
  struct StoredPresentation {
    blob::Digest digest = {};
    bool has_poster = false;
  };

  async::Task<Result<void>> CopySource();
  async::Task<Result<void>> Plan();
  void PlanBeside();
  async::Task<Result<void>> Make();
  async::Task<Result<void>> MakeAtPlace();
  async::Task<Result<void>> CheckSound();
  async::Task<Result<void>> Describe();
  async::Task<Result<std::vector<media::Rendition>>> MakeSound(bool verdict_holds);
  async::Task<Result<std::vector<media::Rendition>>> MakeAll(bool grows);
  async::Task<Result<void>> ChooseChunks();
  async::Task<Result<bool>> HasGoodChunks();
  async::Task<void> EndChunks();
  async::Task<Result<ChunkOrder>> OrderChunks();
  async::Task<Result<std::vector<media::Rendition>>> MakeInChunks(bool grows, Share share);
  async::Task<Result<void>> Gather(SoundBeside& sound, bool grows, Share share);
  async::Task<Result<std::vector<media::Rendition>>> Encode(media::EncodePlan plan, bool grows,
                                                            Share share);
  // How far it is, and what of it can be watched.
  struct Told {
    double progress = 0;
    std::vector<media::Rendition> made;
    bool has_beginning = false;
  };
  async::Task<Result<void>> Tell(Told told, bool grows);
  std::chrono::milliseconds Interval(bool has_to_begin) const;
  async::Task<Result<void>> Publish(std::vector<media::Rendition> made);
  async::Task<Result<StoredPresentation>> StorePresentation(
      const media::Presentation& presentation);
  async::Task<Result<bool>> StorePoster();
  async::Task<Result<void>> DoWithoutLadder(const Error& cause);
  async::Task<Result<void>> MakeExtras();

  const catalog::VideoRow& video() const { return claimed_.video; }
  bool ShowsPictures() const { return Shows(media::Kind::kVideo); }
  bool ShowsSound() const { return Shows(media::Kind::kAudio); }
  // The source's own tracks of that kind are served.
  bool Shows(media::Kind kind) const;
  std::vector<media::Rendition> ShownRenditions() const;
  // The pictures that are to be made, without sound.
  media::EncodePlan PicturesPlan() const;
  // The sound that is to be made beside them.
  media::EncodePlan SoundPlan() const;
  // Everything that is to be made, as one plan.
  media::EncodePlan WholePlan() const;

  const WorkerDependencies& with_;
  const WorkerOptions& options_;
  jobs::ClaimedJob& claimed_;

  UploadId output_;  // What is made lies here.
  std::optional<TranscodeRoom> room_;
  std::optional<scratch::ScratchFolder> folder_;
  std::optional<scratch::SourceCopy> copy_;
  std::filesystem::path source_;
  media::Source probed_;
  std::optional<media::EncodePlan> plan_;  // As if nothing of the source were shown.
  std::optional<catalog::CopyVerdict> verdict_;
  std::optional<packaging::SourcePlan> source_plan_;
  std::optional<planning::ShownSource> shown_;  // Nothing when nothing is.
  planning::BesidePlan beside_;
  std::optional<GrowthWriter> growth_;                  // Nothing when it cannot be gone on with.
  std::optional<std::vector<media::Rendition>> sound_;  // That the source does not serve: made.
  std::vector<planning::Chunk> chunks_;                 // None: the pictures are made in one go.
  std::optional<media::IndexedSource> indexed_;         // Of a source without an index.
  std::optional<ChunkedPictures> chunked_;
  Deadline next_growth_ = Deadline::Never();
  ByteCount stored_bytes_ = 0;  // By runs that have ended.
  media::EncodeSummary summary_;
};

}  // namespace tritontube::transcode
