#pragma once

#include <optional>

#include "core/blob/blob_store.h"
#include "core/media/tools.h"
#include "domain/catalog/video.h"
#include "services/scratch/scratch_space.h"
#include "services/upload/refused.h"
#include "services/upload/source_analyst.h"

namespace tritontube::upload {

struct JudgeOptions {
  // Up to this size a file is probed before it counts, so that what can never be
  // a video is refused at once; larger ones are judged by the transcoder.
  ByteCount probe_size_max = ByteCount{64} << 20U;
  std::chrono::milliseconds probe_timeout = std::chrono::seconds(10);
  std::chrono::milliseconds analysis_timeout = std::chrono::seconds(10);
};

// The container that the beginning of a file shows; nothing for what is no media.
std::optional<media::Container> Sniff(const blob::Bytes& head);
Refused NotMedia();

struct Judgement {
  std::optional<Refused> refused;
  // What its boxes tell, when that was not known before.
  std::optional<catalog::SourceAnalysis> analysis;
};

// Decides what becomes of a file whose every byte is stored. Safe to use from any
// thread.
class SourceJudge {
 public:
  struct Dependencies {
    blob::BlobStore& store;
    scratch::ScratchSpace& scratch;
    media::Prober& prober;
    SourceAnalyst& analyst;
  };

  SourceJudge(Dependencies dependencies, JudgeOptions options)
      : store_(dependencies.store),
        scratch_(dependencies.scratch),
        prober_(dependencies.prober),
        analyst_(dependencies.analyst),
        options_(options) {}

  // `copy` is what its boxes have told while it came, if they have.
  async::Task<Judgement> Judge(sources::SourceKey source, media::Container container,
                               std::optional<catalog::CopyVerdict> copy);

 private:
  // Nothing when there was no time: then all of it is encoded.
  async::Task<std::optional<catalog::SourceAnalysis>> Analyse(sources::SourceKey source,
                                                              media::Container container);
  // Says no to what is small enough to be looked at now and can never be a video.
  // When the machine has no room or time to look, the transcoder will.
  async::Task<std::optional<Refused>> Probe(sources::SourceKey source, media::Container container);

  blob::BlobStore& store_;
  scratch::ScratchSpace& scratch_;
  media::Prober& prober_;
  SourceAnalyst& analyst_;
  const JudgeOptions options_;
};

}  // namespace tritontube::upload
