#include "foundation/async/task_group.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>

#include "base/assert.h"

namespace tritontube::async {

namespace {

Task<void> RunWithoutThrowing(Task<void> task) {
  // A cancelled task sees errors from its operations, not exceptions.
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(task);
}

void AbortOnException(const std::exception_ptr& exception) {
  if (!exception) return;
  try {
    std::rethrow_exception(exception);
  } catch (const std::exception& error) {
    TT_ASSERT(false, "a task let an exception escape: {}", error.what());
  }
}

}  // namespace

TaskGroup::TaskGroup(Executor executor)
    : executor_(executor), idle_(executor, std::chrono::steady_clock::time_point::max()) {}

TaskGroup::~TaskGroup() {
  TT_ASSERT(running_.empty(), "{} tasks outlive their group", running_.size());
}

bool TaskGroup::Spawn(Task<void> task) {
  if (stopping_) return false;
  running_.emplace_back();
  const auto self = std::prev(running_.end());
  asio::co_spawn(executor_, RunWithoutThrowing(std::move(task)),
                 asio::bind_cancellation_slot(self->slot(), [this, self](std::exception_ptr error) {
                   AbortOnException(error);
                   Finish(self);
                 }));
  return true;
}

void TaskGroup::Finish(Running::iterator task) {
  running_.erase(task);
  if (running_.empty()) idle_.cancel();
}

Task<void> TaskGroup::Join() {
  while (!running_.empty()) co_await idle_.async_wait(kUseTask);
}

Task<void> TaskGroup::JoinOrStop() {
  while (!running_.empty() && !co_await IsCancelled()) co_await idle_.async_wait(kUseTask);
  if (!running_.empty()) co_await Stop();
}

Task<void> TaskGroup::Stop() {
  stopping_ = true;
  // A task may end, and leave the list, while it is being cancelled.
  for (auto task = running_.begin(); task != running_.end();) {
    (task++)->emit(asio::cancellation_type::terminal);
  }
  co_await Join();
}

Task<void> RunAll(std::vector<Task<void>> tasks) {
  TaskGroup group(co_await asio::this_coro::executor);
  for (Task<void>& task : tasks) group.Spawn(std::move(task));
  co_await group.JoinOrStop();
}

}  // namespace tritontube::async
