#pragma once

#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "base/deadline.h"
#include "foundation/async/task.h"

namespace tritontube::async {

// Wakes one task at a deadline, which is measured by the virtual clock of its
// thread if there is one. Used on the thread of its executor.
class Timer {
 public:
  Timer(Executor executor, Deadline deadline)
      : timer_(executor, TimeForAsio(deadline)), clock_(VirtualClock::installed()) {
    // The operating system knows nothing of virtual time: Asio's timer waits for ever, and is
    // cancelled by the alarm.
    if (clock_ == nullptr || deadline.never()) return;
    alarm_ = clock_->SetAlarm(deadline.time(), [this] {
      alarm_.reset();
      timer_.cancel();
    });
  }
  ~Timer() {
    if (alarm_) clock_->CancelAlarm(*alarm_);
  }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // To be awaited. Ends at the deadline, when it is woken, or on cancellation; which of them is
  // nothing that the answer tells.
  auto Wait() { return timer_.async_wait(kUseTask); }
  // Ends a Wait(), also one that has not begun.
  void Wake() { timer_.expires_at(std::chrono::steady_clock::time_point::min()); }

  Executor executor() { return timer_.get_executor(); }

 private:
  using Clock = std::chrono::steady_clock;

  static Clock::time_point TimeForAsio(Deadline deadline) {
    return VirtualClock::installed() == nullptr ? deadline.time() : Clock::time_point::max();
  }

  asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor> timer_;
  VirtualClock* clock_;
  std::optional<VirtualClock::Alarm> alarm_ = {};
};

}  // namespace tritontube::async
