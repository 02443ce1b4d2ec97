#pragma once

#include <optional>
#include <set>
#include <string_view>

#include "base/random.h"
#include "core/coordination/mirror.h"
#include "domain/catalog/catalog.h"
#include "domain/jobs/job_board.h"
#include "domain/jobs/job_policy.h"

namespace tritontube::jobs {

// A job in the hands of one worker, for as long as its lease lives.
struct ClaimedJob {
  catalog::JobRow job;
  catalog::VideoRow video;
  // Names this attempt: Catalog's methods for workers take it as proof of the
  // claim. What it makes is stored under it, unless an attempt before it has made
  // something that can be watched.
  UploadId output;
  // What can be watched already: the attempt goes on where it lies. Its own id is
  // no proof of a claim, so that whoever had the job before, and does not know
  // that it has lost it, can change nothing.
  std::optional<catalog::Growth> growth = {};
  // Chunks of it may be made already, and lie here.
  std::optional<UploadId> chunks = {};
  std::optional<UploadId> indexed = {};  // And what they are made of.

  // Where what is made is to be stored.
  const UploadId& place() const {
    if (growth) return growth->output;
    return chunks ? *chunks : output;
  }
  bool operator==(const ClaimedJob&) const = default;
};

// How many jobs there are at a moment, on all machines.
struct JobsNow {
  std::size_t waiting = 0;
  std::size_t running = 0;
};

// The transcodes that wait, for any number of workers on any number of machines.
// Which one a worker should take, a JobBoard says; a claim is one transaction, which
// reads in it what the worker needs to know, and hangs on the worker's lease: when the
// worker dies, the job is free again, unchanged.
//
// A worker's loop: choose from the board of its process, Claim(), work, then
// Catalog::Publish(), or FailAttempt(), or Release() when it is asked to stop.
//
// Stateless; safe to use from any thread. Errors: those of Coordination, and
// kAborted when the claim is no longer the caller's: somebody else has the job,
// or the video is gone. After any other error of FailAttempt() or Release(), and
// kOutcomeUnknown of Claim(), a claim may hang on the lease that nobody works
// for: try again, or let the lease go.
class JobQueue {
 public:
  JobQueue(coordination::Coordination& coordination, catalog::Catalog& catalog, Random& random,
           JobPolicy policy = JobPolicy())
      : coordination_(coordination), catalog_(catalog), random_(random), policy_(policy) {}

  // An id for an attempt: for Claim(), and for Catalog::Publish(), when an attempt that
  // has published goes on to store the extras.
  UploadId NewOutput() { return UploadId::Generate(random_); }
  // Nothing when somebody else was faster, or it is gone. After kOutcomeUnknown ask
  // again with the same `output`. kCorrupt when what is stored of the video cannot be
  // understood: the claim stays, so that it does not keep everybody busy.
  async::Task<Result<std::optional<ClaimedJob>>> Claim(JobBoard::Pick pick, UploadId output,
                                                       coordination::LeaseId lease,
                                                       Deadline deadline);

  // Every video with a job, waiting or under way.
  async::Task<Result<std::set<VideoId>>> Unfinished(Deadline deadline);

  // The attempt failed: the job is tried again later, or the video has failed,
  // as the policy decides. True when it will be tried again.
  async::Task<Result<bool>> FailAttempt(ClaimedJob claimed, Blame blame, Error error, WallTime now,
                                        Deadline deadline);
  // Whether FailAttempt would not try again.
  bool IsFinal(const ClaimedJob& claimed, Blame blame, const Error& error) const {
    return policy_.AfterFailure(claimed.job, blame, error, {}).failure.has_value();
  }
  // Walks over all of them, which takes a read for each thousand.
  async::Task<Result<JobsNow>> CountNow(Deadline deadline);
  // Gives the job back unchanged: the worker stops.
  async::Task<Result<void>> Release(ClaimedJob claimed, Deadline deadline);

 private:
  async::Task<Result<std::set<VideoId>>> VideosUnder(std::string_view prefix, Deadline deadline);
  async::Task<Result<void>> GiveBack(ClaimedJob claimed, catalog::JobRow next, Deadline deadline);

  coordination::Coordination& coordination_;
  catalog::Catalog& catalog_;
  Random& random_;
  JobPolicy policy_;
};

// What one process knows of all jobs.
using JobMirror = coordination::Mirror<JobBoard>;

}  // namespace tritontube::jobs
