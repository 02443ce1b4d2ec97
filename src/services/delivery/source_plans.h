#pragma once

#include "core/blob/blob_store.h"
#include "domain/packaging/source_plan.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/semaphore.h"
#include "services/delivery/plan_cache.h"
#include "services/delivery/watchable.h"

namespace tritontube::delivery {

// The plans of the originals that were asked for most recently. A plan costs
// reading a file's boxes, and many megabytes when the film is long: so they are
// few, and whoever asks while one is being made waits for it.
//
// Safe to use from any thread.
class SourcePlans {
 public:
  using Plan = PlanCache<packaging::SourcePlan>::Shared;

  SourcePlans(blob::BlobStore& store, async::BlockingPool& blocking, PlanCacheOptions options)
      : store_(store), blocking_(blocking), known_(options) {}

  // Requires: the boxes are stored. Errors: kCorrupt when they do not have the
  // tracks, those of the store, and kDeadlineExceeded.
  async::Task<Result<Plan>> Find(VideoId video, ShownSource source, Deadline deadline);

 private:
  async::Task<Result<Plan>> Load(VideoId video, ShownSource source, Deadline deadline);

  blob::BlobStore& store_;
  async::BlockingPool& blocking_;
  async::Semaphore loads_{2};  // Each may hold a whole moov twice.
  PlanCache<packaging::SourcePlan> known_;
};

}  // namespace tritontube::delivery
