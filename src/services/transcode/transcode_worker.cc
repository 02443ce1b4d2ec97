#include "services/transcode/transcode_worker.h"

#include "foundation/async/shielded.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"
#include "services/transcode/attempt.h"
#include "services/transcode/attempt_limits.h"

namespace tritontube::transcode {

using telemetry::Level;
using telemetry::Log;

async::Task<void> TranscodeWorker::Run() {
  while (!co_await async::IsCancelled()) {
    // Another machine may have a slot for it sooner.
    if (with_.slots.waiting() > 0) {
      co_await async::Sleep(options_.idle_time);
      continue;
    }
    const auto pick = co_await claimant_.Wait([this] {
      return with_.job_mirror.board().Choose(with_.clock.WallNow(), claimant_.spread(),
                                             with_.random);
    });
    if (pick) co_await TryOne(*pick);
  }
}

async::Task<void> TranscodeWorker::TryOne(jobs::JobBoard::Pick pick) {
  const UploadId output = with_.jobs.NewOutput();
  const auto ask = [&] {
    return with_.jobs.Claim(pick, output, with_.lease.lease(), CatalogDeadline());
  };
  std::optional<jobs::ClaimedJob> claimed = co_await claimant_.Claim(pick, ask);
  if (claimed) co_await RunJob(*std::move(claimed));
}

async::Task<void> TranscodeWorker::RunJob(jobs::ClaimedJob claimed) {
  with_.observer.OnJobStarted(claimed.video.id);
  Attempt attempt(with_, options_, claimed);
  const Result<void> done = co_await attempt.Run();
  if (!done) co_await Settle(std::move(claimed), done.error());
}

// Says what becomes of a job that did not end well. Nobody else can, as long as
// our lease lives: so it is tried until it is said.
async::Task<void> TranscodeWorker::Settle(jobs::ClaimedJob claimed, Error error) {
  const VideoId video = claimed.video.id;
  while (error.code() != ErrorCode::kCancelled) {
    const Result<bool> retried = co_await async::Shielded(with_.jobs.FailAttempt(
        claimed, jobs::BlameOf(error), error, with_.clock.WallNow(), CatalogDeadline()));
    if (retried) {
      with_.observer.OnJobFailed(video, error, *retried);
      co_return;
    }
    if (IsLost(retried.error())) {
      Log(Level::kInfo, "job given up: it is no longer ours",
          {{"video", video.text()}, {"error", error.message()}});
      co_return;
    }
    Log(Level::kWarning, "job not settled yet",
        {{"video", video.text()}, {"error", retried.error().message()}});
    co_await async::Sleep(options_.idle_time);
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) break;
  }
  Ignore(co_await async::Shielded(with_.jobs.Release(std::move(claimed), CatalogDeadline())),
         "the claim ends with our lease");
}

}  // namespace tritontube::transcode
