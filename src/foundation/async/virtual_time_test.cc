#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "foundation/async/event.h"
#include "foundation/async/semaphore.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "foundation/async/with_timeout.h"
#include "support/virtual_time.h"

namespace tritontube::async {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""h;
using support::VirtualTime;
using testing::ElementsAre;

// Hours pass in the tests of this file; nobody waits for them.
class VirtualTimeTest : public testing::Test {
 protected:
  ~VirtualTimeTest() override { EXPECT_LT(std::chrono::steady_clock::now() - began_, 60s); }

  std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  VirtualTime time_;
  SteadyClock::time_point start_ = SteadyClock::now();
  std::vector<std::string> happened_;
};

Task<void> SleepAndTell(std::chrono::milliseconds duration, std::string name,
                        std::vector<std::string>& happened) {
  co_await Sleep(duration);
  happened.push_back(std::move(name));
}

TEST_F(VirtualTimeTest, SleepersWakeInTheOrderOfTheirTimes) {
  std::vector<Task<void>> tasks;
  tasks.push_back(SleepAndTell(3h, "third", happened_));
  tasks.push_back(SleepAndTell(1h, "first", happened_));
  tasks.push_back(SleepAndTell(3h, "fourth", happened_));
  tasks.push_back(SleepAndTell(2h, "second", happened_));
  time_.Run(RunAll(std::move(tasks)));
  EXPECT_THAT(happened_, ElementsAre("first", "second", "third", "fourth"));
  EXPECT_EQ(SteadyClock::now() - start_, 3h);
}

Task<Result<int>> AnswerAfter(std::chrono::milliseconds wait) {
  co_await Sleep(wait);
  co_return 42;
}

TEST_F(VirtualTimeTest, TimeoutsEndWhatTakesTooLong) {
  time_.Run([](SteadyClock::time_point start) -> Task<void> {
    const auto late = co_await WithTimeout(Deadline::After(1h), AnswerAfter(2h));
    EXPECT_EQ(late.error().code(), ErrorCode::kDeadlineExceeded);
    EXPECT_EQ(SteadyClock::now() - start, 1h);
    const auto timely = co_await WithTimeout(Deadline::After(2h), AnswerAfter(1h));
    EXPECT_EQ(timely.value(), 42);
    EXPECT_EQ(SteadyClock::now() - start, 2h);
  }(start_));
}

Task<void> NotifyAfter(std::chrono::milliseconds wait, Event& event) {
  co_await Sleep(wait);
  event.Notify();
}

TEST_F(VirtualTimeTest, EventsWakeBeforeTheDeadlineAndAtIt) {
  time_.Run([](SteadyClock::time_point start) -> Task<void> {
    Event event;
    TaskGroup group(co_await asio::this_coro::executor);
    group.Spawn(NotifyAfter(1h, event));
    co_await event.WaitBeyond(0, Deadline::After(2h));
    EXPECT_EQ(SteadyClock::now() - start, 1h);
    EXPECT_EQ(event.count(), 1U);
    co_await event.WaitBeyond(1, Deadline::After(2h));
    EXPECT_EQ(SteadyClock::now() - start, 3h);
    co_await group.Join();
  }(start_));
}

TEST_F(VirtualTimeTest, AStoppedGroupLeavesNothingThatWouldRing) {
  time_.Run([](std::vector<std::string>& happened) -> Task<void> {
    TaskGroup group(co_await asio::this_coro::executor);
    group.Spawn(SleepAndTell(5h, "woken", happened));
    co_await Sleep(1h);
    co_await group.Stop();
  }(happened_));
  EXPECT_THAT(happened_, ElementsAre("woken"));
  EXPECT_EQ(SteadyClock::now() - start_, 1h);
  EXPECT_FALSE(time_.clock().Advance());
}

TEST_F(VirtualTimeTest, ADeadlineThatHasPassedTakesNoTime) {
  time_.Run([]() -> Task<void> {
    co_await SleepUntil(Deadline::At(SteadyClock::now() - 1h));
    Semaphore semaphore(1);
    const auto permit = co_await semaphore.Acquire(1, Deadline::After(0ms));
    const auto refused = co_await semaphore.Acquire(1, Deadline::After(0ms));
    EXPECT_EQ(refused.error().code(), ErrorCode::kDeadlineExceeded);
  }());
  EXPECT_EQ(SteadyClock::now(), start_);
}

Task<void> Tick(std::vector<std::string>& happened) {
  while (!co_await IsCancelled()) {
    co_await Sleep(1h);
    happened.emplace_back("tick");
  }
}

TEST_F(VirtualTimeTest, PassesAsMuchTimeAsItIsTold) {
  TaskGroup group(time_.executor());
  group.Spawn(Tick(happened_));
  time_.Pass(std::chrono::minutes(150));
  EXPECT_THAT(happened_, ElementsAre("tick", "tick"));
  EXPECT_EQ(SteadyClock::now() - start_, std::chrono::minutes(150));
  time_.Run(group.Stop());
}

TEST_F(VirtualTimeTest, SaysWhenEverybodyWaitsForEver) {
  EXPECT_DEATH(time_.Run(SleepUntil(Deadline::Never())), "nothing will wake them");
}

}  // namespace
}  // namespace tritontube::async
