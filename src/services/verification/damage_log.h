#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "core/coordination/coordination.h"
#include "domain/scrubbing/scrub_state.h"
#include "services/verification/damaged_rows.h"
#include "services/verification/pass.h"

namespace tritontube::verification {

struct Finding {
  Damage damage;
  WallTime found = {};

  bool operator==(const Finding&) const = default;
};

// What is known to be damaged, and where the scrub stands: on Coordination, so
// that a restart knows it, with a copy in memory. Any thread.
class DamageLog {
 public:
  explicit DamageLog(coordination::Coordination& coordination) : coordination_(coordination) {}

  // Reads what an earlier run has found, as far as that is whole itself. Before any
  // other method.
  async::Task<Result<void>> Load(Deadline deadline);

  // Damage is remembered; what is whole again is forgotten.
  async::Task<Result<void>> Note(const Step& step, WallTime now, Deadline deadline);
  async::Task<Result<void>> Forget(blob::BlobKey key, Deadline deadline);
  std::vector<Finding> findings() const;  // In the order of the keys.

  // Reads all of the metadata, and remembers in memory what of it is damaged: every
  // start looks again.
  async::Task<Result<void>> CheckRows(Deadline deadline);
  std::vector<DamagedRow> damaged_rows() const;

  scrubbing::ScrubState state() const;
  async::Task<Result<void>> SaveState(scrubbing::ScrubState state, Deadline deadline);

 private:
  async::Task<Result<void>> Write(coordination::Operation operation, Deadline deadline);
  bool Contains(const blob::BlobKey& key) const;

  coordination::Coordination& coordination_;
  mutable std::mutex mutex_;
  std::map<blob::BlobKey, Finding> findings_;
  std::vector<DamagedRow> damaged_rows_;
  scrubbing::ScrubState state_;
};

// The stored forms, for the log and its tests. kCorrupt for what this version
// would not have written.
std::string Encode(const Finding& finding);
Result<Finding> DecodeFinding(std::string_view text);

}  // namespace tritontube::verification
