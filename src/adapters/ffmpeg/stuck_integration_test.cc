#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cerrno>

#include "adapters/ffmpeg/tools_fixture_test.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"

namespace tritontube::ffmpeg {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using support::CollectingSink;

// A file that never ends and never gives a byte: a pipe nobody writes to.
class StuckEncode : public ToolsTest {
 protected:
  StuckEncode() {
    source_ = path("pipe");
    EXPECT_EQ(::mkfifo(source_.c_str(), 0600), 0);
    // Lets the reader open it.
    writer_.open(source_, std::ios::in | std::ios::out);
    plan_.duration_seconds = 1;
    plan_.audio.emplace_back().id = "a0";
  }
  void ExpectNoChildLeft() {
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
    EXPECT_EQ(errno, ECHILD);
  }

  fs::path source_;
  std::fstream writer_;
  media::EncodePlan plan_;
};

TEST_F(StuckEncode, IsGivenUpByItsWatchdog) {
  FfmpegOptions options = TestOptions();
  options.stall_time_max = 300ms;
  const auto impatient = OpenTools(options);
  CollectingSink sink(1);
  const auto summary = Await(impatient->Encode(source_, scratch(), plan_, sink, Soon()));
  ASSERT_FALSE(summary);
  EXPECT_NE(summary.error().message().find("no progress"), std::string::npos);
  ExpectNoChildLeft();
}

TEST_F(StuckEncode, EndsAtItsDeadline) {
  CollectingSink sink(1);
  const auto summary =
      Await(tools().Encode(source_, scratch(), plan_, sink, Deadline::After(300ms)));
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code(), ErrorCode::kDeadlineExceeded);
  ExpectNoChildLeft();
}

async::Task<void> EncodeInto(FfmpegTools& tools, fs::path source, fs::path scratch,
                             media::EncodePlan plan, media::EncodeSink& sink, ErrorCode& code) {
  const auto summary =
      co_await tools.Encode(std::move(source), std::move(scratch), plan, sink, Deadline::Never());
  code = summary ? ErrorCode::kUnknown : summary.error().code();
}

async::Task<void> CancelSoon(async::Task<void> work) {
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  group.Spawn(std::move(work));
  co_await async::Sleep(200ms);
  co_await group.Stop();
}

TEST_F(StuckEncode, EndsWhenItsTaskIsCancelled) {
  const async::IoPool pool(1);
  CollectingSink sink(1);
  ErrorCode code = ErrorCode::kUnknown;
  async::BlockOn(pool.executor(0),
                 CancelSoon(EncodeInto(tools(), source_, scratch(), plan_, sink, code)));
  EXPECT_EQ(code, ErrorCode::kCancelled);
  ExpectNoChildLeft();
}

TEST_F(ToolsTest, IsGivenUpWhenItTakesFarTooMuchCpu) {
  FfmpegOptions options = TestOptions();
  options.cpu_base = 1s;
  options.cpu_per_content_second = 0s;
  const auto impatient = OpenTools(options);
  const fs::path file =
      Clip("a.mp4", "-f lavfi -i testsrc2=s=854x480:r=30:d=12 -c:v libx264 -preset ultrafast");
  const auto plan = Plan(file);
  ASSERT_TRUE(plan);
  CollectingSink sink(plan->output_count());
  const auto summary = Await(impatient->Encode(file, scratch(), *plan, sink, Soon()));
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(summary.error().message().find("computing time"), std::string::npos);
}

}  // namespace
}  // namespace tritontube::ffmpeg
