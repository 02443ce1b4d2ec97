#include "foundation/async/io_pool.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

namespace tritontube::async {

IoPool::IoPool(std::size_t thread_count) {
  for (std::size_t i = 0; i < thread_count; ++i) {
    contexts_.push_back(std::make_unique<asio::io_context>(1));
    guards_.push_back(asio::make_work_guard(*contexts_.back()));
    threads_.emplace_back([context = contexts_.back().get()] { context->run(); });
  }
}

IoPool::~IoPool() {
  guards_.clear();
  for (std::jthread& thread : threads_) thread.join();
}

void BlockOn(Executor executor, Task<void> task) {
  auto run = [](Task<void> inner) -> Task<void> {
    co_await asio::this_coro::throw_if_cancelled(false);
    co_await std::move(inner);
  };
  asio::co_spawn(executor, run(std::move(task)), asio::use_future).get();
}

}  // namespace tritontube::async
