#include "domain/jobs/job_policy.h"

#include <gtest/gtest.h>

#include "support/moments.h"

namespace tritontube::jobs {
namespace {

using catalog::JobRow;
using std::chrono_literals::operator""ms;
using support::kNow;

const Error kError(ErrorCode::kInternal, "the tool crashed");

JobRow Job() {
  return {.video = *VideoId::Parse("videovideo0"), .created = kNow, .not_before = kNow};
}

TEST(JobPolicy, FailsAFileThatIsAtFaultAtOnce) {
  const NextStep next = JobPolicy().AfterFailure(
      Job(), Blame::kFile, Error(ErrorCode::kInvalidArgument, "no video in it"), kNow);
  ASSERT_TRUE(next.failure.has_value());
  EXPECT_EQ(next.failure->code, "unsupported_media");
  EXPECT_EQ(next.failure->message, "no video in it");
}

TEST(JobPolicy, TriesAFileThatCrashesTheToolThreeTimesEverLater) {
  const JobPolicy policy;
  NextStep next{.job = Job()};
  for (const auto wait : {1000ms, 2000ms}) {
    next = policy.AfterFailure(next.job, Blame::kTool, kError, kNow);
    EXPECT_FALSE(next.failure.has_value());
    EXPECT_EQ(next.job.not_before, kNow + wait);
  }
  next = policy.AfterFailure(next.job, Blame::kTool, kError, kNow);
  ASSERT_TRUE(next.failure.has_value());
  EXPECT_EQ(next.failure->code, "transcode_failed");
  EXPECT_EQ(next.job.attempts, 3);
}

TEST(JobPolicy, NeverCountsTheMachinesFailuresAgainstTheFile) {
  const JobPolicy policy({.tool_attempts_max = 3, .backoff_min = 1000ms, .backoff_max = 60'000ms});
  JobRow job = Job();
  std::chrono::milliseconds before{0};
  for (int i = 0; i < 1000; ++i) {
    const NextStep next = policy.AfterFailure(job, Blame::kMachine, kError, kNow);
    ASSERT_FALSE(next.failure.has_value());
    job = next.job;
    const std::chrono::milliseconds wait = job.not_before - kNow;
    EXPECT_GE(wait, before);
    EXPECT_LE(wait, 60'000ms);
    before = wait;
  }
  EXPECT_EQ(before, 60'000ms);
  EXPECT_EQ(job.attempts, 0);
  EXPECT_EQ(job.last_error, "the tool crashed");
}

TEST(JobPolicy, BeginsTheMachinesWaitAnewOnceTheToolHasRun) {
  JobRow job = Job();
  job.setbacks = 9;
  const NextStep next = JobPolicy().AfterFailure(job, Blame::kTool, kError, kNow);
  EXPECT_EQ(next.job.setbacks, 0);
}

TEST(BlameOf, ToldFromTheErrorOfAMediaTool) {
  const auto blame = [](ErrorCode code) { return BlameOf(Error(code, "")); };
  EXPECT_EQ(blame(ErrorCode::kInvalidArgument), Blame::kFile);
  for (const ErrorCode code : {ErrorCode::kInternal, ErrorCode::kAborted, ErrorCode::kDataLoss}) {
    EXPECT_EQ(blame(code), Blame::kTool);
  }
  for (const ErrorCode code : {ErrorCode::kUnavailable, ErrorCode::kResourceExhausted,
                               ErrorCode::kCancelled, ErrorCode::kDeadlineExceeded}) {
    EXPECT_EQ(blame(code), Blame::kMachine);
  }
}

}  // namespace
}  // namespace tritontube::jobs
