#include "foundation/async/event.h"

#include <boost/asio/post.hpp>

#include "base/assert.h"
#include "foundation/async/sleep.h"
#include "foundation/async/timer.h"

namespace tritontube::async {

Task<void> SleepUntil(Deadline deadline) {
  if (co_await IsCancelled()) co_return;
  Timer timer(co_await asio::this_coro::executor, deadline);
  co_await timer.Wait();
}

Task<void> Sleep(std::chrono::milliseconds duration) {
  co_await SleepUntil(Deadline::After(duration));
}

// The timer belongs to the waiter's thread; others wake it by posting there.
struct Event::Waiter {
  Waiter(Executor executor, Deadline deadline) : timer(executor, deadline) {}
  Timer timer;
};

Event::Event() = default;

Event::~Event() { TT_ASSERT(waiters_.empty(), "{} tasks still wait", waiters_.size()); }

std::uint64_t Event::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

void Event::Notify() {
  std::list<std::shared_ptr<Waiter>> woken;
  {
    const std::lock_guard lock(mutex_);
    ++count_;
    woken.swap(waiters_);
  }
  for (std::shared_ptr<Waiter>& waiter : woken) {
    const Executor executor = waiter->timer.executor();
    // It may not have begun to wait yet.
    asio::post(executor, [waiter = std::move(waiter)] { waiter->timer.Wake(); });
  }
}

Task<void> Event::WaitBeyond(std::uint64_t seen, Deadline deadline) {
  // A cancellation that came during the operation before would not come again.
  if (co_await IsCancelled()) co_return;
  auto waiter = std::make_shared<Waiter>(co_await asio::this_coro::executor, deadline);
  {
    const std::lock_guard lock(mutex_);
    if (count_ > seen) co_return;
    waiters_.push_back(waiter);
  }
  co_await waiter->timer.Wait();
  const std::lock_guard lock(mutex_);
  waiters_.remove(waiter);
}

}  // namespace tritontube::async
