#pragma once

#include <chrono>
#include <string>

namespace tritontube {

// Wall time is what people read; steady time is what waits are measured with.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

// Where "now" comes from. Pure code takes a time as a parameter; only adapters,
// services and main own a Clock. Safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime WallNow() const = 0;
  virtual SteadyTime SteadyNow() const = 0;
};

class SystemClock final : public Clock {
 public:
  WallTime WallNow() const override;
  SteadyTime SteadyNow() const override;
};

// RFC 3339 in UTC with milliseconds: "2026-11-22T10:43:08.123Z".
std::string FormatRfc3339(WallTime time);

}  // namespace tritontube
