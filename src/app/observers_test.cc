#include "app/observers.h"

#include <gtest/gtest.h>

#include "foundation/telemetry/log.h"

namespace tritontube::app {
namespace {

using namespace std::chrono_literals;

http::RequestRecord Record(int status, std::chrono::milliseconds duration) {
  return {.method = "GET",
          .path = "/api/v1/videos\n2026 error forged",
          .pattern = "/api/v1/videos",
          .remote_address = "10.0.0.1",
          .id = "abc-1",
          .status = status,
          .duration = duration};
}

class RequestLogTest : public testing::Test {
 protected:
  std::string LineOf(const http::RequestRecord& record) {
    const telemetry::LogCapture log;
    RequestLog(10s).OnRequest(record);
    return log.lines().front();
  }
};

TEST_F(RequestLogTest, WarnsOfWhatFailedHere) {
  const std::string line = LineOf(Record(503, 1ms));
  EXPECT_TRUE(line.contains("warn  request failed")) << line;
  EXPECT_TRUE(line.contains("request=abc-1 remote=10.0.0.1 method=GET")) << line;
  EXPECT_TRUE(line.contains("status=503")) << line;
  EXPECT_FALSE(line.contains("error=")) << line;
  http::RequestRecord with_reason = Record(500, 1ms);
  with_reason.error = "the disk is on fire";
  EXPECT_TRUE(LineOf(with_reason).contains("error=\"the disk is on fire\""));
  EXPECT_TRUE(LineOf(Record(404, 1ms)).contains("debug request"));
}

TEST_F(RequestLogTest, WarnsOfWhatTookLongWithoutMovingAnything) {
  EXPECT_TRUE(LineOf(Record(200, 11s)).contains("warn  request slow"));
  http::RequestRecord download = Record(200, 11s);
  download.body_bytes_out = 1'000'000;
  EXPECT_TRUE(LineOf(download).contains("debug request"));
  http::RequestRecord events = Record(200, 11s);
  events.pattern = "/api/v1/events";
  EXPECT_TRUE(LineOf(events).contains("debug request"));
}

TEST_F(RequestLogTest, StaysOneLineWhateverThePathHolds) {
  EXPECT_FALSE(LineOf(Record(500, 1ms)).contains('\n'));
}

TEST(JobLog, TellsAndCountsEveryTurn) {
  const telemetry::LogCapture log;
  const VideoId video = *VideoId::Parse("abcdefghijk");
  JobLog jobs;
  jobs.OnJobStarted(video);
  jobs.OnJobFailed(video, Error(ErrorCode::kUnavailable, "no room"), true);
  jobs.OnJobFailed(video, Error(ErrorCode::kInvalidArgument, "no picture"), false);
  jobs.OnJobDone(video, 60, {.cpu_seconds = 12, .memory_bytes_max = 1000});
  jobs.OnJobDone(video, 60, {.cpu_seconds = 12, .memory_bytes_max = 500});
  EXPECT_NE(log.Find({"job started", "video=abcdefghijk"}), "");
  EXPECT_NE(log.Find({"job failed, will be tried again", "no room"}), "");
  EXPECT_NE(log.Find({"job ended", "content_seconds=60"}), "");
  const JobCounts counts = jobs.counts();
  EXPECT_EQ(counts.started, 1U);
  EXPECT_EQ(counts.retried, 1U);
  EXPECT_EQ(counts.failed, 1U);
  EXPECT_EQ(counts.done, 2U);
  EXPECT_EQ(counts.content_seconds, 120);
  EXPECT_EQ(counts.cpu_seconds, 24);
  EXPECT_EQ(counts.memory_bytes_max, 1000U);
}

}  // namespace
}  // namespace tritontube::app
