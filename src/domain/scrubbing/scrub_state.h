#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "core/blob/blob_store.h"

namespace tritontube::scrubbing {

inline constexpr std::size_t kRememberedMax = 1000;

// How far a scrub is; survives restarts.
struct ScrubState {
  // Of the pass under way: nothing while the next one is not due.
  std::optional<WallTime> started = {};
  std::optional<blob::BlobKey> position = {};  // Everything up to here is checked.
  ByteCount checked_bytes = 0;
  // Of the last one that reached its end.
  std::optional<WallTime> last_started = {};
  std::optional<WallTime> last_ended = {};
  ByteCount last_checked_bytes = 0;
  // Known to be damaged and not healed: at most kRememberedMax.
  std::vector<blob::BlobKey> damaged = {};

  // A pass goes on, or the last one began a period ago.
  bool IsDue(WallTime now, std::chrono::milliseconds period) const {
    return started || !last_started || now >= *last_started + period;
  }
  // From the first blob on.
  void Begin(WallTime now) {
    started = now;
    position.reset();
    checked_bytes = 0;
  }
  // After a pass that has reached its end.
  ScrubState Ended(WallTime now) const {
    return {.last_started = started,
            .last_ended = now,
            .last_checked_bytes = checked_bytes,
            .damaged = damaged};
  }
  bool operator==(const ScrubState&) const = default;
};

// The stored form. kCorrupt for what this version would not have written.
std::string Encode(const ScrubState& state);
Result<ScrubState> DecodeScrubState(std::string_view text);

// Where a content node keeps the place of its scrub. One call at a time, from any thread.
class ScrubRecord {
 public:
  virtual ~ScrubRecord() = default;

  // A new state when there is none that can be read: then everything is read again.
  virtual async::Task<ScrubState> LoadScrub() = 0;
  virtual async::Task<Result<void>> SaveScrub(ScrubState state, Deadline deadline) = 0;
};

}  // namespace tritontube::scrubbing
