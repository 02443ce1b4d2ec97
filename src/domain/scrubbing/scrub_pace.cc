#include "domain/scrubbing/scrub_pace.h"

#include <algorithm>

namespace tritontube::scrubbing {

namespace {

using Seconds = std::chrono::duration<double>;

// A pass that is late hurries, but never as if it had no time at all.
constexpr Seconds kTimeLeftMin = std::chrono::hours(1);
// Nobody waits longer for the next piece, so that load which ends is noticed.
constexpr Seconds kRestMax{10};

double BytesPerSecondNeeded(const PassProgress& progress, WallTime now,
                            const ScrubOptions& options) {
  const Seconds left = progress.started + options.period - now;
  const ByteCount bytes =
      progress.total_bytes - std::min(progress.total_bytes, progress.checked_bytes);
  return static_cast<double>(bytes) / std::max(left, kTimeLeftMin).count();
}

}  // namespace

std::chrono::milliseconds RestAfter(ByteCount bytes, const PassProgress& progress, bool busy,
                                    WallTime now, const ScrubOptions& options) {
  double rate = BytesPerSecondNeeded(progress, now, options);
  if (!busy) rate = std::max(rate, static_cast<double>(options.idle_bytes_per_second));
  const Seconds rest = rate > 0 ? Seconds(static_cast<double>(bytes) / rate) : kRestMax;
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::min(rest, kRestMax));
}

}  // namespace tritontube::scrubbing
