#pragma once

#include "adapters/ffmpeg/extra_tools.h"
#include "app/engines.h"
#include "app/observers.h"
#include "base/clock.h"
#include "base/random.h"
#include "core/coordination/lease_keeper.h"
#include "services/transcode/workshop.h"

namespace tritontube::app {

// What transcodes beside others, on a machine without a web server: `worker`, and
// content nodes with --workers.
//
// Made, started and stopped on one thread, which its work runs on.
class Transcoder {
 public:
  // `local` needs no search index.
  Transcoder(coordination::Coordination& coordination, blob::BlobStore& blobs, LocalTools local,
             std::size_t slots, async::Executor background);

  async::Task<Result<void>> Start();
  async::Task<void> Stop();

 private:
  const LocalTools local_;
  SystemClock clock_;
  SystemRandom random_;
  JobLog job_log_;
  coordination::LeaseKeeper lease_;
  catalog::Catalog catalog_;
  jobs::JobQueue jobs_;
  space::Space space_;
  ffmpeg::FfmpegExtraTools extra_tools_;
  extras::ExtrasMaker extras_;
  transcode::Workshop workshop_;
  async::TaskGroup background_;
};

}  // namespace tritontube::app
