#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "foundation/async/task.h"

namespace tritontube::async {

// The threads that coroutines run on: one io_context each.
class IoPool {
 public:
  explicit IoPool(std::size_t thread_count);
  // Requires: nothing runs on the contexts any more.
  ~IoPool();
  IoPool(const IoPool&) = delete;
  IoPool& operator=(const IoPool&) = delete;

  std::size_t size() const { return contexts_.size(); }
  Executor executor(std::size_t index) const { return contexts_[index]->get_executor(); }

 private:
  std::vector<std::unique_ptr<asio::io_context>> contexts_;
  std::vector<asio::executor_work_guard<Executor>> guards_;
  std::vector<std::jthread> threads_;
};

// Runs `task` on `executor` and blocks the calling thread, which must not be
// the executor's own, until it has ended. For main() and tests.
void BlockOn(Executor executor, Task<void> task);

// The same, and gives what the task returned.
template <typename T>
T BlockOn(Executor executor, Task<T> task) {
  std::optional<T> result;
  BlockOn(executor, KeepResult(std::move(task), result));
  return *std::move(result);
}

}  // namespace tritontube::async
