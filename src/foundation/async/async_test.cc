#include <gtest/gtest.h>

#include <atomic>
#include <latch>

#include "foundation/async/blocking_pool.h"
#include "foundation/async/event.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/semaphore.h"
#include "foundation/async/shielded.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "foundation/async/with_timeout.h"

namespace tritontube::async {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""h;

Task<Result<int>> AnswerAfter(std::chrono::milliseconds wait, bool* ended) {
  co_await Sleep(wait);
  *ended = true;
  co_return 42;
}

TEST(WithTimeout, GivesTheResultWhenItComesInTime) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    bool ended = false;
    const auto answer = co_await WithTimeout(Deadline::After(1h), AnswerAfter(0ms, &ended));
    EXPECT_EQ(answer.value(), 42);
  }());
}

TEST(WithTimeout, EndsTheOperationBeforeItReportsTheDeadline) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    bool ended = false;
    const auto answer = co_await WithTimeout(Deadline::After(1ms), AnswerAfter(1h, &ended));
    EXPECT_TRUE(ended);
    EXPECT_EQ(answer.error().code(), ErrorCode::kDeadlineExceeded);
  }());
}

TEST(TaskGroup, StopCancelsWhatRunsAndRefusesWhatComes) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    TaskGroup group(co_await asio::this_coro::executor);
    int ended_count = 0;
    auto sleeper = [](int* count) -> Task<void> {
      co_await Sleep(1h);
      ++*count;
    };
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(group.Spawn(sleeper(&ended_count)));
    co_await Sleep(1ms);
    co_await group.Stop();
    EXPECT_EQ(ended_count, 3);
    EXPECT_FALSE(group.Spawn(sleeper(&ended_count)));
  }());
}

TEST(TaskGroup, StopsTasksThatHaveNotBegunYet) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    TaskGroup group(co_await asio::this_coro::executor);
    group.Spawn([]() -> Task<void> {
      while (!co_await IsCancelled()) co_await Sleep(1ms);
    }());
    co_await group.Stop();
    EXPECT_EQ(group.task_count(), 0U);
  }());
}

TEST(RunAll, PassesItsCancellationOnToItsTasks) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    TaskGroup group(co_await asio::this_coro::executor);
    int ended_count = 0;
    group.Spawn([](int* count) -> Task<void> {
      auto sleeper = [](int* ended) -> Task<void> {
        co_await Sleep(1h);
        ++*ended;
      };
      std::vector<Task<void>> tasks;
      tasks.push_back(sleeper(count));
      tasks.push_back(sleeper(count));
      co_await RunAll(std::move(tasks));
    }(&ended_count));
    co_await Sleep(1ms);
    co_await group.Stop();
    EXPECT_EQ(ended_count, 2);
  }());
}

Task<Result<int>> AnswerUnlessCancelled() {
  co_await Sleep(1ms);
  const bool cancelled = co_await IsCancelled();
  if (cancelled) co_return Fail(ErrorCode::kCancelled, "cancelled");
  co_return 42;
}

TEST(Shielded, RunsToItsEndInACancelledTask) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    TaskGroup group(co_await asio::this_coro::executor);
    std::optional<Result<int>> answer;
    group.Spawn([](std::optional<Result<int>>& kept) -> Task<void> {
      while (!co_await IsCancelled()) co_await Sleep(1h);
      kept = co_await Shielded(AnswerUnlessCancelled());
    }(answer));
    co_await group.Stop();
    EXPECT_TRUE(answer.has_value() && *answer == 42);
  }());
}

TEST(BlockingPool, RunsElsewhereAndResumesTheCallerOnItsOwnThread) {
  const IoPool io(1);
  BlockingPool blocking(2, 16);
  BlockOn(io.executor(0), [](BlockingPool& threads) -> Task<void> {
    const auto home = std::this_thread::get_id();
    const auto worked_on =
        co_await threads.Run([] { return Result<std::thread::id>(std::this_thread::get_id()); });
    EXPECT_NE(worked_on.value(), home);
    EXPECT_EQ(std::this_thread::get_id(), home);
  }(blocking));
}

TEST(BlockingPool, RefusesMoreThanItsQueueHolds) {
  const IoPool io(1);
  BlockingPool blocking(1, 1);
  std::latch release(1);
  BlockOn(io.executor(0), [](BlockingPool& threads, std::latch& gate) -> Task<void> {
    TaskGroup group(co_await asio::this_coro::executor);
    group.Spawn([](BlockingPool& busy, std::latch& wait) -> Task<void> {
      const auto done = co_await busy.Run([&]() -> Result<int> {
        wait.wait();
        return 1;
      });
      EXPECT_TRUE(done.has_value());
    }(threads, gate));
    while (threads.pending() == 0) co_await Sleep(1ms);
    const auto refused = co_await threads.Run([] { return Result<int>(2); });
    EXPECT_EQ(refused.error().code(), ErrorCode::kResourceExhausted);
    gate.count_down();
    co_await group.Join();
  }(blocking, release));
}

TEST(Event, IsNotMissedBetweenLookingAndWaiting) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    Event event;
    const auto seen = event.count();
    event.Notify();
    co_await event.WaitBeyond(seen, Deadline::Never());
    EXPECT_EQ(event.count(), seen + 1);
  }());
}

// A cancellation that comes while the disk works does not end that work, and must not be forgotten
// by the wait behind it.
Task<void> WorkThenWait(BlockingPool& threads, std::latch& gate, Event& event) {
  const auto done = co_await threads.Run([&] {
    gate.wait();
    return Result<int>(1);
  });
  EXPECT_TRUE(done.has_value());
  co_await event.WaitBeyond(event.count(), Deadline::Never());
  co_await SleepUntil(Deadline::Never());
}

Task<void> CancelDuringTheWork(BlockingPool& threads) {
  std::latch gate(1);
  Event event;
  TaskGroup working(co_await asio::this_coro::executor);
  TaskGroup stopping(co_await asio::this_coro::executor);
  working.Spawn(WorkThenWait(threads, gate, event));
  while (threads.pending() == 0) co_await Sleep(1ms);
  stopping.Spawn(working.Stop());
  while (!working.stopping()) co_await Sleep(1ms);
  gate.count_down();
  co_await stopping.Join();
}

TEST(Event, AWaitThatBeginsAfterTheCancellationEndsAtOnce) {
  const IoPool pool(1);
  BlockingPool threads(1, 1);
  BlockOn(pool.executor(0), CancelDuringTheWork(threads));
}

TEST(Event, WakesWaitersOnOtherThreads) {
  const IoPool pool(2);
  Event event;
  std::atomic<int> rounds = 0;
  auto follow = [](Event& happened, std::atomic<int>& round_count) -> Task<void> {
    for (std::uint64_t seen = 0; seen < 200; seen = happened.count()) {
      co_await happened.WaitBeyond(seen, Deadline::Never());
      ++round_count;
    }
  };
  const std::jthread notifier([&] {
    for (int i = 0; i < 200; ++i) {
      event.Notify();
      std::this_thread::yield();
    }
  });
  std::jthread other([&] { BlockOn(pool.executor(1), follow(event, rounds)); });
  BlockOn(pool.executor(0), follow(event, rounds));
  other.join();
  EXPECT_GE(rounds, 2);
}

TEST(Semaphore, NeverGivesOutMoreThanItHas) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    Semaphore semaphore(2);
    TaskGroup group(co_await asio::this_coro::executor);
    int inside = 0;
    int most = 0;
    auto visit = [](Semaphore& places, int& here, int& peak) -> Task<void> {
      const auto permit = co_await places.Acquire(1, Deadline::Never());
      EXPECT_TRUE(permit.has_value());
      peak = std::max(peak, ++here);
      co_await Sleep(1ms);
      --here;
    };
    for (int i = 0; i < 8; ++i) group.Spawn(visit(semaphore, inside, most));
    co_await group.Join();
    EXPECT_EQ(most, 2);
    EXPECT_EQ(semaphore.in_use(), 0U);
  }());
}

TEST(Semaphore, ServesThoseWhoCameFirst) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    Semaphore semaphore(2);
    TaskGroup group(co_await asio::this_coro::executor);
    std::vector<int> served;
    auto visit = [](Semaphore& places, std::size_t count, int who,
                    std::vector<int>& in_turn) -> Task<void> {
      const auto permit = co_await places.Acquire(count, Deadline::Never());
      EXPECT_TRUE(permit.has_value());
      in_turn.push_back(who);
    };
    auto held = co_await semaphore.Acquire(1, Deadline::Never());
    group.Spawn(visit(semaphore, 2, 1, served));
    group.Spawn(visit(semaphore, 1, 2, served));
    const auto late = co_await semaphore.Acquire(1, Deadline::After(5ms));
    EXPECT_EQ(late.error().code(), ErrorCode::kDeadlineExceeded) << "others wait already";
    EXPECT_TRUE(served.empty());
    held->Release();
    co_await group.Join();
    EXPECT_EQ(served, std::vector<int>({1, 2}));
  }());
}

TEST(Semaphore, GivesUpAtTheDeadline) {
  const IoPool pool(1);
  BlockOn(pool.executor(0), []() -> Task<void> {
    Semaphore semaphore(1);
    const auto held = co_await semaphore.Acquire(1, Deadline::Never());
    const auto refused = co_await semaphore.Acquire(1, Deadline::After(1ms));
    EXPECT_EQ(refused.error().code(), ErrorCode::kDeadlineExceeded);
  }());
}

}  // namespace
}  // namespace tritontube::async
