#pragma once

#include <optional>
#include <set>
#include <string_view>

#include "base/random.h"
#include "domain/catalog/catalog.h"
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

struct ClaimAnswer {
  std::optional<ClaimedJob> job;  // Nothing when no job is due and free.
  // Without a job: when the first of the jobs that wait will be due.
  std::optional<WallTime> next_due;
  coordination::Revision revision = 0;  // What was looked at: for WaitForWork().
};

// How many jobs there are at a moment, on all machines.
struct JobsNow {
  std::size_t waiting = 0;
  std::size_t running = 0;
};

// The transcodes that wait, oldest first, for any number of workers on any
// number of machines. A claim is made by a transaction and hangs on the worker's
// lease: when the worker dies, the job is free again, unchanged.
//
// A worker's loop: Claim(); without a job WaitForWork() until `next_due` or a few
// seconds, because claims that end are not announced; with a job work, then
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

  async::Task<Result<ClaimAnswer>> Claim(coordination::LeaseId lease, WallTime now,
                                         Deadline deadline);
  // An id under which an attempt that has published goes on to store the extras:
  // for Catalog::Publish().
  UploadId NewOutput() { return UploadId::Generate(random_); }
  // Returns at the deadline, or sooner when a job came or changed after `seen`.
  async::Task<Result<void>> WaitForWork(coordination::Revision seen, Deadline deadline);

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
  async::Task<Result<std::optional<ClaimedJob>>> TryClaim(coordination::KeyValue item,
                                                          catalog::JobRow job,
                                                          coordination::LeaseId lease,
                                                          Deadline deadline);
  async::Task<Result<void>> GiveBack(ClaimedJob claimed, catalog::JobRow next, Deadline deadline);

  coordination::Coordination& coordination_;
  catalog::Catalog& catalog_;
  Random& random_;
  JobPolicy policy_;
};

}  // namespace tritontube::jobs
