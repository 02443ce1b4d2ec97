#include "base/steady_clock.h"

#include "base/assert.h"

namespace tritontube {

VirtualClock::VirtualClock() {
  TT_ASSERT(Installed() == nullptr, "a thread has one virtual clock");
  Installed() = this;
}

VirtualClock::~VirtualClock() {
  TT_ASSERT(alarms_.empty(), "{} alarms outlive their clock", alarms_.size());
  Installed() = nullptr;
}

bool VirtualClock::Advance(Time until) {
  if (alarms_.empty() || alarms_.begin()->first > until) {
    if (until != Time::max()) now_ = std::max(now_, until);
    return false;
  }
  // It may set and cancel others.
  const auto alarm = alarms_.extract(alarms_.begin());
  now_ = std::max(now_, alarm.key());
  alarm.mapped()();
  return true;
}

}  // namespace tritontube
