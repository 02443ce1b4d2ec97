#pragma once

#include <chrono>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "domain/catalog/video.h"

namespace tritontube::jobs {

// Who is to blame for an attempt that did not end well.
enum class Blame : std::uint8_t {
  kFile,     // It cannot be transcoded: trying again gives the same.
  kTool,     // ffmpeg crashed or hung on it: perhaps the file, perhaps bad luck.
  kMachine,  // Disk, memory, network, our own stop: says nothing about the file.
};

// For errors of media tools: kInvalidArgument is the file's; kInternal, kAborted
// and kDataLoss are the tool's; everything else is the machine's.
Blame BlameOf(const Error& error);

struct JobPolicyOptions {
  int tool_attempts_max = 3;
  std::chrono::milliseconds backoff_min = std::chrono::seconds(1);
  std::chrono::milliseconds backoff_max = std::chrono::minutes(5);
};

// What becomes of the job: it is tried again as `job` says, or, with `failure`,
// never.
struct NextStep {
  catalog::JobRow job;
  std::optional<catalog::Failure> failure = {};
};

// Decides what follows from a failed attempt. Pure: state, event and now in,
// next state out. The machine's failures never count against the file; they and
// the tool's are tried again after a wait that doubles.
class JobPolicy {
 public:
  explicit JobPolicy(JobPolicyOptions options = {}) : options_(options) {}

  NextStep AfterFailure(catalog::JobRow job, Blame blame, const Error& error, WallTime now) const;

 private:
  std::chrono::milliseconds Backoff(int failures) const;

  JobPolicyOptions options_;
};

}  // namespace tritontube::jobs
