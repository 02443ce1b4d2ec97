#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "base/deadline.h"
#include "foundation/async/task.h"

namespace tritontube::async {

// Lets tasks of any io_context wait until something happens. A waiter names
// the last count it has seen, so a Notify() between looking and waiting is
// never missed:
//
//   const auto seen = event.count();
//   if (!Ready()) co_await event.WaitBeyond(seen, deadline);
//
// Safe to use from any thread; outlives its waiters.
class Event {
 public:
  Event();
  ~Event();
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  std::uint64_t count() const;
  void Notify();

  // Returns when count() > `seen`, at the deadline, or on cancellation, also one
  // that came before.
  Task<void> WaitBeyond(std::uint64_t seen, Deadline deadline);

 private:
  struct Waiter;

  mutable std::mutex mutex_;
  std::uint64_t count_ = 0;
  std::list<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace tritontube::async
