#pragma once

#include <algorithm>
#include <chrono>

#include "base/steady_clock.h"

namespace tritontube {

// The moment after which nobody waits for the answer any more. Travels down the
// call tree by value; between processes it travels as the time that is left,
// because their clocks differ.
class Deadline {
 public:
  using Clock = SteadyClock;

  static Deadline After(Clock::duration timeout) { return Deadline(Clock::now() + timeout); }
  static Deadline At(Clock::time_point time) { return Deadline(time); }
  // For work that has another bound, such as a background loop that is stopped.
  static Deadline Never() { return Deadline(Clock::time_point::max()); }

  Clock::time_point time() const { return time_; }
  bool never() const { return time_ == Clock::time_point::max(); }
  bool HasPassed(Clock::time_point now = Clock::now()) const { return now >= time_; }

  // Zero when it has passed.
  std::chrono::milliseconds Left(Clock::time_point now = Clock::now()) const {
    if (never()) return std::chrono::milliseconds::max();
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::duration_cast<std::chrono::milliseconds>(time_ - now));
  }

  Deadline EarlierOf(Deadline other) const { return Deadline(std::min(time_, other.time_)); }

 private:
  explicit Deadline(Clock::time_point time) : time_(time) {}

  Clock::time_point time_;
};

}  // namespace tritontube
