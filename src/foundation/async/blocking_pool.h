#pragma once

#include <atomic>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/error.h"
#include "foundation/async/task.h"

namespace tritontube::async {

// Threads for what blocks: files, databases, hashing of large data. At most
// `queue_max` calls wait or run; more are refused at once, so that overload is
// an answer and not a growing queue.
//
// Safe to use from any thread. The destructor waits for what was accepted.
class BlockingPool {
 public:
  BlockingPool(std::size_t thread_count, std::size_t queue_max)
      : queue_max_(queue_max), threads_(thread_count) {}
  ~BlockingPool() { threads_.join(); }
  BlockingPool(const BlockingPool&) = delete;
  BlockingPool& operator=(const BlockingPool&) = delete;

  // Runs `work`, a callable that returns a Result, on a pool thread and resumes
  // the caller on its own. Cancelling does not interrupt `work`: the caller
  // stays suspended until it has ended, so `work` may refer to its frame.
  template <typename Work>
  Task<std::invoke_result_t<Work>> Run(Work work) {
    using Answer = std::invoke_result_t<Work>;
    if (pending_.fetch_add(1) >= queue_max_) {
      pending_.fetch_sub(1);
      co_return Fail(ErrorCode::kResourceExhausted, "{} operations already wait for the disk",
                     queue_max_);
    }
    std::optional<Answer> answer;
    co_await Post([&] { answer.emplace(work()); });
    pending_.fetch_sub(1);
    co_return *std::move(answer);
  }

  std::size_t pending() const { return pending_; }

 private:
  template <typename Job>
  Task<void> Post(Job job) {
    constexpr asio::use_awaitable_t<Executor> token{};
    co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void()>(
        [this](auto handler, Job work) {
          auto executor = asio::get_associated_executor(handler);
          auto guard = asio::make_work_guard(executor);
          asio::post(threads_, [handler = std::move(handler), guard = std::move(guard),
                                work = std::move(work)]() mutable {
            work();
            auto resume_on = guard.get_executor();
            asio::post(resume_on, std::move(handler));
          });
        },
        token, std::move(job));
  }

  const std::size_t queue_max_;
  std::atomic<std::size_t> pending_ = 0;
  asio::thread_pool threads_;
};

}  // namespace tritontube::async
