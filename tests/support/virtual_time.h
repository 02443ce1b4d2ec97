#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "base/steady_clock.h"
#include "foundation/async/task_group.h"

namespace tritontube::support {

// Runs coroutines on the calling thread, by a clock that jumps to the next
// moment at which somebody wakes when there is nothing else to do. The same
// tasks do the same in the same order each time, as long as nothing of theirs
// happens on another thread.
class VirtualTime {
 public:
  VirtualTime() : guard_(boost::asio::make_work_guard(context_)) {}

  async::Executor executor() { return context_.get_executor(); }
  VirtualClock& clock() { return clock_; }

  // Until `task` has ended. An assertion when it waits for what never comes.
  void Run(async::Task<void> task) {
    async::TaskGroup group(executor());
    group.Spawn(std::move(task));
    for (;;) {
      context_.poll();
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
      context_.poll();
    } while (clock_.Advance(until));
  }

 private:
  VirtualClock clock_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<async::Executor> guard_;
};

}  // namespace tritontube::support
