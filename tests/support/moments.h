#pragma once

#include <chrono>

#include "base/clock.h"
#include "base/deadline.h"

namespace tritontube::support {

// When it is in tests for which one moment is enough.
inline constexpr WallTime kNow = WallTime(std::chrono::milliseconds(1'000'000));

// What a test waits for comes long before.
inline Deadline Soon() { return Deadline::After(std::chrono::minutes(1)); }

}  // namespace tritontube::support
