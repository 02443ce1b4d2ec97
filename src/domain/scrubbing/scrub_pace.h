#pragma once

#include <chrono>

#include "base/bytes.h"
#include "base/clock.h"

namespace tritontube::scrubbing {

struct ScrubOptions {
  // Every stored byte is read once in this time.
  std::chrono::milliseconds period = std::chrono::hours(24 * 7);
  // How fast, per second, while nobody else uses the store.
  ByteCount idle_bytes_per_second = ByteCount{32} << 20U;
};

// Where a pass stands.
struct PassProgress {
  WallTime started = {};
  ByteCount total_bytes = 0;  // About.
  ByteCount checked_bytes = 0;
};

// How long to rest after `bytes` were read, so that the pass ends within its
// period and is in nobody's way: quickly while the store is idle, no faster than
// it must while others use it.
std::chrono::milliseconds RestAfter(ByteCount bytes, const PassProgress& progress, bool busy,
                                    WallTime now, const ScrubOptions& options);

}  // namespace tritontube::scrubbing
