#pragma once

#include <optional>
#include <utility>

#include "base/assert.h"
#include "foundation/async/task_group.h"

namespace tritontube::async {

// Runs `task` to its end although its caller has been or is being cancelled:
// for what must be said or undone on the way out. Such a task has a deadline of
// its own, because nothing else ends it.
template <typename T>
Task<T> Shielded(Task<T> task) {
  std::optional<T> result;
  TaskGroup group(co_await asio::this_coro::executor);
  group.Spawn(KeepResult(std::move(task), result));
  co_await group.Join();
  TT_ASSERT(result.has_value(), "a task ended without a result");
  co_return *std::move(result);
}

}  // namespace tritontube::async
