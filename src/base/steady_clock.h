#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>

namespace tritontube {

// Time that only moves when it is told to, for the thread on which it was made,
// until it is destroyed: SteadyClock and everything that waits by it follow.
// With it a test makes hours pass in no time, and the same ones each time.
//
// At most one for each thread; all methods on that thread.
class VirtualClock {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Alarms = std::multimap<Time, std::function<void()>>;
  // Valid until it has rung or was cancelled.
  using Alarm = Alarms::iterator;

  VirtualClock();
  ~VirtualClock();
  VirtualClock(const VirtualClock&) = delete;
  VirtualClock& operator=(const VirtualClock&) = delete;

  // The one of this thread, if any.
  static VirtualClock* installed() { return Installed(); }

  Time now() const { return now_; }
  // Calls `ring` when the time has come, those of the same time in the order in which they came.
  Alarm SetAlarm(Time time, std::function<void()> ring) {
    return alarms_.emplace(time, std::move(ring));
  }
  void CancelAlarm(Alarm alarm) { alarms_.erase(alarm); }
  // Moves on to the next alarm and rings it. False, and it is `until`, when there is none before.
  bool Advance(Time until = Time::max());

 private:
  static VirtualClock*& Installed() {
    static constinit thread_local VirtualClock* clock = nullptr;
    return clock;
  }

  Time now_{};
  Alarms alarms_;
};

// What waits are measured with: std::chrono::steady_clock, or the virtual clock of this thread.
struct SteadyClock {
  // The standard's names for what a clock has.
  // NOLINTBEGIN(readability-identifier-naming)
  using duration = std::chrono::steady_clock::duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::steady_clock::time_point;
  static constexpr bool is_steady = true;
  // NOLINTEND(readability-identifier-naming)

  static time_point now() noexcept {
    const VirtualClock* clock = VirtualClock::installed();
    return clock == nullptr ? std::chrono::steady_clock::now() : clock->now();
  }
};

}  // namespace tritontube
