#include "foundation/telemetry/log.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

namespace tritontube::telemetry {
namespace {

TEST(Log, GoesToTheTestThatCapturesIt) {
  const LogCapture log;
  Log(Level::kDebug, "upload begun", {{"video", "abc"}});
  Log(Level::kError, "disk full", {{"free_bytes", 5}});
  ASSERT_EQ(log.lines().size(), 2U);
  EXPECT_TRUE(log.Find({"upload begun", "video=abc"}).contains("debug"));
  EXPECT_EQ(log.Find({"upload begun", "free_bytes"}), "");
}

TEST(Log, TakesPercentSignsAndBracesAsTheyAre) {
  testing::internal::CaptureStderr();
  Log(Level::kInfo, "{} %v %n", {{"title", "{0} %v"}});
  FlushLog();
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(written.ends_with("{} %v %n  title=\"{0} %v\"\n")) << written;
}

TEST(LogSession, WritesJsonWhereNobodyWatchesAndOnlyWhatMattersEnough) {
  testing::internal::CaptureStderr();
  {
    const LogSession session({.format = LogFormat::kAuto, .level = Level::kInfo});
    Log(Level::kDebug, "hidden");
    Log(Level::kInfo, "shown");
  }
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_TRUE(written.starts_with("{\"time\":")) << written;
  EXPECT_TRUE(written.contains("\"message\":\"shown\""));
  EXPECT_FALSE(written.contains("hidden"));
}

TEST(LogSession, LosesNoLineOfManyThreadsWhenTheyAreRead) {
  testing::internal::CaptureStderr();
  {
    const LogSession session({.format = LogFormat::kText});
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([] {
        for (int n = 0; n < 500; ++n) Log(Level::kInfo, "line");
      });
    }
    threads.clear();
    EXPECT_EQ(session.dropped_count(), 0U);
  }
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_EQ(std::ranges::count(written, '\n'), 2000);
}

TEST(LogSession, WritesAtOnceAfterAFlush) {
  testing::internal::CaptureStderr();
  const LogSession session({.format = LogFormat::kText});
  Log(Level::kInfo, "before");
  FlushLog();
  Log(Level::kError, "the last words");
  const std::string written = testing::internal::GetCapturedStderr();
  EXPECT_LT(written.find("before"), written.find("the last words"));
  EXPECT_EQ(session.load().depth, 0U);
}

// A pipe that nobody reads holds 64 KiB: the writer's thread stands still there,
// and whoever logs must not.
TEST(LogSession, GivesUpTheOldestLinesWhenNobodyReads) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const int saved = dup(STDERR_FILENO);
  dup2(ends[1], STDERR_FILENO);
  std::string read_back;
  std::jthread reader;
  {
    const LogSession session({.format = LogFormat::kText});
    const std::string long_text(900, 'a');
    for (int n = 0; n < 10'000; ++n) Log(Level::kInfo, "line", {{"text", long_text}});
    EXPECT_GT(session.dropped_count(), 0U);
    EXPECT_LE(session.load().depth, 8192U);
    reader = std::jthread([&] {
      std::array<char, 65536> buffer{};
      for (ssize_t n = 1; n > 0;) {
        n = read(ends[0], buffer.data(), buffer.size());
        if (n > 0) read_back.append(buffer.data(), static_cast<std::size_t>(n));
      }
    });
  }
  dup2(saved, STDERR_FILENO);
  close(ends[1]);
  close(saved);
  reader.join();
  close(ends[0]);
  EXPECT_LT(std::ranges::count(read_back, '\n'), 10'000);
  EXPECT_GT(std::ranges::count(read_back, '\n'), 8000);
}

}  // namespace
}  // namespace tritontube::telemetry
