#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/clock.h"
#include "base/steady_clock.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/task_group.h"

namespace tritontube::support {

// The wall clock of every machine; it stands where the virtual clock does.
class WorldClock final : public Clock {
 public:
  WallTime WallNow() const override {
    return WallTime(std::chrono::duration_cast<std::chrono::milliseconds>(
        SteadyClock::now().time_since_epoch()));
  }
  SteadyTime SteadyNow() const override { return SteadyClock::now(); }
};

// Runs coroutines on the calling thread, by a clock that jumps to the next
// moment at which somebody wakes when there is nothing else to do. The same
// tasks do the same in the same order each time, as long as nothing of theirs
// happens on another thread.
class VirtualTime {
 public:
  VirtualTime() : guard_(boost::asio::make_work_guard(context_)) {}

  async::Executor executor() { return context_.get_executor(); }
  VirtualClock& clock() { return clock_; }

  // What runs on this pool takes no time: the clock stands still meanwhile. One pool at most.
  void StandStillFor(const async::BlockingPool& pool) { pool_ = &pool; }

  // Until `task` has ended. An assertion when it waits for what never comes.
  void Run(async::Task<void> task) {
    async::TaskGroup group(executor());
    group.Spawn(std::move(task));
    for (;;) {
      Settle();
      if (group.task_count() == 0) return;
      const bool woken = clock_.Advance();
      TT_ASSERT(woken, "everybody waits, and nothing will wake them");
    }
  }

  // What `task` gives.
  template <typename T>
  T Get(async::Task<T> task) {
    std::optional<T> result;
    Run(async::KeepResult(std::move(task), result));
    return *std::move(result);
  }

  // Lets everything happen that is due within `duration`, and that much time pass.
  void Pass(SteadyClock::duration duration) {
    const auto until = clock_.now() + duration;
    do {
      Settle();
    } while (clock_.Advance(until));
  }

 private:
  // Lets everything happen that needs no time.
  void Settle() {
    context_.poll();
    while (pool_ != nullptr && pool_->pending() > 0) {
      context_.run_one();
      context_.poll();
    }
  }

  VirtualClock clock_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<async::Executor> guard_;
  const async::BlockingPool* pool_ = nullptr;
};

}  // namespace tritontube::support
