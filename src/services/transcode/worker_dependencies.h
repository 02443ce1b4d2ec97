#pragma once

#include <chrono>

#include "base/clock.h"
#include "core/blob/blob_store.h"
#include "core/coordination/lease_keeper.h"
#include "core/media/tools.h"
#include "domain/catalog/catalog.h"
#include "domain/chunks/chunk_queue.h"
#include "domain/jobs/job_queue.h"
#include "foundation/async/semaphore.h"
#include "services/extras/extras_maker.h"
#include "services/scratch/scratch_space.h"
#include "services/scratch/source_copies.h"
#include "services/space/space.h"
#include "services/transcode/doing.h"

namespace tritontube::transcode {

struct WorkerOptions {
  // A worker with nothing to do looks at its board again at the latest after this time,
  // and tries again what it could not say.
  std::chrono::milliseconds idle_time = std::chrono::seconds(2);
  std::chrono::milliseconds progress_interval = std::chrono::seconds(1);
  // What can be watched of a transcode is told about so often, and looked at more
  // often until there is a beginning.
  std::chrono::milliseconds growth_interval = std::chrono::seconds(2);
  std::chrono::milliseconds beginning_interval = std::chrono::milliseconds(200);
  std::chrono::milliseconds probe_timeout = std::chrono::seconds(10);
};

// Hears what becomes of jobs; quick, on the worker's thread.
class WorkerObserver {
 public:
  virtual ~WorkerObserver() = default;
  virtual void OnJobStarted(const VideoId& /*video*/) {}
  virtual void OnJobDone(const VideoId& /*video*/, double /*content_seconds*/,
                         const media::EncodeSummary& /*summary*/) {}
  virtual void OnChunkMade(const VideoId& /*video*/, std::uint32_t /*number*/,
                           const media::EncodeSummary& /*summary*/) {}
  virtual void OnExtrasDone(const VideoId& /*video*/, const catalog::VideoExtras& /*made*/) {}
  virtual void OnJobFailed(const VideoId& /*video*/, const Error& /*error*/, bool /*retried*/) {}
};

// The claim is somebody else's, or the video is gone.
inline bool IsLost(const Error& error) {
  return error.code() == ErrorCode::kAborted || error.code() == ErrorCode::kNotFound;
}

// What the workers of one process are built from, and share.
struct WorkerDependencies {
  std::string name;  // Theirs; no other process has it.
  catalog::Catalog& catalog;
  jobs::JobQueue& jobs;
  chunks::ChunkQueue& chunks;
  jobs::JobMirror& job_mirror;
  chunks::ChunkMirror& chunk_mirror;
  scratch::SourceCopies& sources;
  // How much is encoded at once.
  async::Semaphore& slots;
  DoingList& doing;
  blob::BlobStore& store;
  space::Space& space;
  scratch::ScratchSpace& scratch;
  media::Prober& prober;
  media::Encoder& encoder;
  extras::ExtrasMaker& extras;
  const coordination::LeaseKeeper& lease;
  const Clock& clock;
  Random& random;
  WorkerObserver& observer;
};

}  // namespace tritontube::transcode
