#pragma once

#include <chrono>

#include "base/clock.h"
#include "core/blob/blob_store.h"
#include "core/coordination/lease_keeper.h"
#include "core/media/tools.h"
#include "domain/catalog/catalog.h"
#include "domain/jobs/job_queue.h"
#include "services/extras/extras_maker.h"
#include "services/scratch/scratch_space.h"
#include "services/space/space.h"

namespace tritontube::transcode {

struct WorkerOptions {
  // A worker with nothing to do looks again at the latest after this time,
  // because a job whose worker died is not announced.
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
  virtual void OnExtrasDone(const VideoId& /*video*/, const catalog::VideoExtras& /*made*/) {}
  virtual void OnJobFailed(const VideoId& /*video*/, const Error& /*error*/, bool /*retried*/) {}
};

// What a worker is built from.
struct WorkerDependencies {
  catalog::Catalog& catalog;
  jobs::JobQueue& jobs;
  blob::BlobStore& store;
  space::Space& space;
  scratch::ScratchSpace& scratch;
  media::Prober& prober;
  media::Encoder& encoder;
  extras::ExtrasMaker& extras;
  const coordination::LeaseKeeper& lease;
  const Clock& clock;
  WorkerObserver& observer;
};

}  // namespace tritontube::transcode
