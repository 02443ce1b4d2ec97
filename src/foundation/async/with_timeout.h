#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <optional>
#include <utility>

#include "base/deadline.h"
#include "base/error.h"
#include "foundation/async/task.h"
#include "foundation/async/timer.h"

namespace tritontube::async {

// The result of `operation`, or kDeadlineExceeded. On timeout the operation is
// cancelled and has ended before this returns, so nothing it refers to is used
// afterwards.
template <typename T>
Task<Result<T>> WithTimeout(Deadline deadline, Task<Result<T>> operation) {
  using namespace asio::experimental::awaitable_operators;
  if (deadline.never()) co_return co_await std::move(operation);

  // The two lambdas outlive their coroutines, which have ended when `first` is known.
  // NOLINTBEGIN(cppcoreguidelines-avoid-capturing-lambda-coroutines)
  std::optional<Result<T>> result;
  auto run = [&]() -> Task<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    result.emplace(co_await std::move(operation));
  };
  Timer timer(co_await asio::this_coro::executor, deadline);
  auto expire = [&]() -> Task<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await timer.Wait();
  };
  // NOLINTEND(cppcoreguidelines-avoid-capturing-lambda-coroutines)

  const auto first = co_await (run() || expire());
  if (first.index() == 0 && result) co_return *std::move(result);
  if (co_await IsCancelled()) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  co_return Fail(ErrorCode::kDeadlineExceeded, "no answer within the time allowed");
}

}  // namespace tritontube::async
