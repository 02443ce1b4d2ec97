#include "app/transcoder.h"

#include <utility>

#include "foundation/telemetry/log.h"

namespace tritontube::app {

Transcoder::Transcoder(coordination::Coordination& coordination, blob::BlobStore& blobs,
                       LocalTools local, std::size_t slots, async::Executor background)
    : local_(std::move(local)),
      lease_(coordination, kLeaseTtl),
      catalog_(coordination),
      jobs_(coordination, catalog_, random_),
      space_(blobs, catalog_, jobs_, {}),
      extra_tools_(local_.tools->options()),
      extras_(blobs, *local_.scratch, extra_tools_),
      workshop_({.name = WorkerName(),
                 .coordination = coordination,
                 .catalog = catalog_,
                 .jobs = jobs_,
                 .store = blobs,
                 .space = space_,
                 .scratch = *local_.scratch,
                 .prober = *local_.tools,
                 .encoder = *local_.tools,
                 .extras = extras_,
                 .lease = lease_,
                 .clock = clock_,
                 .random = random_,
                 .observer = job_log_,
                 .executor = background},
                slots),
      background_(background) {}

async::Task<Result<void>> Transcoder::Start() {
  TT_CO_RETURN_IF_ERROR(co_await lease_.Start(Deadline::After(kStartTimeout)));
  TT_CO_RETURN_IF_ERROR(co_await space_.Reconcile(Deadline::After(kStartTimeout)));
  background_.Spawn(lease_.Run());
  background_.Spawn(space_.Run());
  workshop_.Start();
  co_return Result<void>();
}

async::Task<void> Transcoder::Stop() {
  co_await workshop_.Stop();
  // The lease last: what was under way until now had an owner.
  co_await background_.Stop();
}

}  // namespace tritontube::app
