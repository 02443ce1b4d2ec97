#pragma once

#include <utility>

#include "services/transcode/claiming.h"
#include "services/transcode/worker_dependencies.h"

namespace tritontube::transcode {

// Turns committed uploads into presentations, one at a time: claims a job and makes
// an attempt at it (see attempt.h). Several workers may run beside each other.
//
// What can go wrong: the file (the video fails with the cause), the tool (tried
// again a few times), the machine or this process (tried again for as long as
// it takes).
//
// Lives on one io_context, which is the mirror's, too.
class TranscodeWorker {
 public:
  using Dependencies = WorkerDependencies;

  TranscodeWorker(Dependencies dependencies, WorkerOptions options)
      : with_(std::move(dependencies)),
        options_(options),
        claimant_(with_.job_mirror, with_.clock, options.idle_time) {}

  // Works until it is cancelled; a job under way is then given back.
  async::Task<void> Run();

 private:
  async::Task<void> TryOne(jobs::JobBoard::Pick pick);
  async::Task<void> RunJob(jobs::ClaimedJob claimed);
  async::Task<void> Settle(jobs::ClaimedJob claimed, Error error);

  Dependencies with_;
  const WorkerOptions options_;
  Claimant<jobs::JobMirror> claimant_;
};

}  // namespace tritontube::transcode
