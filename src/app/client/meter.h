#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tritontube::client {

// How fast something goes and how long it will take, from what is done by when.
class Meter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  void Update(ByteCount done, Time now);
  // Over the last seconds; nothing before there are two looks at different times.
  std::optional<double> BytesPerSecond() const;
  // "holiday.mp4  45%  12.3 MiB of 45.6 MiB  3.4 MiB/s  0:12 left"
  std::string Line(std::string_view what, std::optional<ByteCount> total) const;

 private:
  struct Look {
    ByteCount done;
    Time time;
  };
  std::deque<Look> looks_;
};

}  // namespace tritontube::client
