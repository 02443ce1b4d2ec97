#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <optional>
#include <utility>

namespace tritontube::async {

namespace asio = boost::asio;

// Every io_context has one thread; a coroutine stays on it for life.
using Executor = asio::io_context::executor_type;

// The only awaitable type. The concrete executor is faster than any_io_executor,
// and the two kinds cannot await each other.
template <typename T>
using Task = asio::awaitable<T, Executor>;

// Completion token for Asio's own operations: they return a tuple that begins
// with an error_code instead of throwing.
inline constexpr asio::as_tuple_t<asio::use_awaitable_t<Executor>> kUseTask{};

// True once the task was asked to stop. Asio cancels the operation under way
// once; a loop must ask before it starts the next one.
inline Task<bool> IsCancelled() {
  const auto state = co_await asio::this_coro::cancellation_state;
  co_return state.cancelled() != asio::cancellation_type::none;
}

// Turns a task with a result into one without, for whoever can only run those.
template <typename T>
Task<void> KeepResult(Task<T> task, std::optional<T>& result) {
  result.emplace(co_await std::move(task));
}

}  // namespace tritontube::async
