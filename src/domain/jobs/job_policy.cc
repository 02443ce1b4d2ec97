#include "domain/jobs/job_policy.h"

#include <algorithm>

namespace tritontube::jobs {

Blame BlameOf(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalidArgument:
      return Blame::kFile;
    case ErrorCode::kInternal:
    case ErrorCode::kAborted:
    case ErrorCode::kDataLoss:
      return Blame::kTool;
    default:
      return Blame::kMachine;
  }
}

std::chrono::milliseconds JobPolicy::Backoff(int failures) const {
  std::chrono::milliseconds wait = options_.backoff_min;
  for (int i = 1; i < failures && wait < options_.backoff_max; ++i) wait *= 2;
  return std::min(wait, options_.backoff_max);
}

NextStep JobPolicy::AfterFailure(catalog::JobRow job, Blame blame, const Error& error,
                                 WallTime now) const {
  job.last_error = error.message();
  if (blame == Blame::kMachine) {
    job.not_before = now + Backoff(++job.setbacks);
    return {.job = std::move(job)};
  }
  ++job.attempts;
  job.setbacks = 0;
  if (blame == Blame::kFile) {
    return {.job = std::move(job),
            .failure = catalog::Failure{.code = "unsupported_media", .message = error.message()}};
  }
  if (job.attempts >= options_.tool_attempts_max) {
    return {.job = std::move(job),
            .failure = catalog::Failure{.code = "transcode_failed", .message = error.message()}};
  }
  job.not_before = now + Backoff(job.attempts);
  return {.job = std::move(job)};
}

}  // namespace tritontube::jobs
