#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <vector>

#include "foundation/async/task.h"

namespace tritontube::async {

// Owns the tasks that run beside their caller, so that none outlives what it
// uses. Stop() refuses new tasks, cancels the running ones and waits for them;
// the destructor asserts that nobody is left inside.
//
// Lives on one io_context: every method is called on the thread of `executor`.
class TaskGroup {
 public:
  explicit TaskGroup(Executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts `task` soon. False, and `task` never runs, once Stop() was called.
  bool Spawn(Task<void> task);

  // Returns when no task is left, without cancelling any.
  Task<void> Join();
  // The same, but when its caller is cancelled so are the tasks.
  Task<void> JoinOrStop();
  Task<void> Stop();

  std::size_t task_count() const { return running_.size(); }
  bool stopping() const { return stopping_; }
  Executor executor() const { return executor_; }

 private:
  using Running = std::list<asio::cancellation_signal>;
  void Finish(Running::iterator task);

  Executor executor_;
  asio::basic_waitable_timer<std::chrono::steady_clock,
                             asio::wait_traits<std::chrono::steady_clock>, Executor>
      idle_;
  Running running_;
  bool stopping_ = false;
};

// Runs all tasks at once and returns when the last has ended. Cancelling it
// cancels them.
Task<void> RunAll(std::vector<Task<void>> tasks);

}  // namespace tritontube::async
