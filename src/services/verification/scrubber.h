#pragma once

#include <optional>

#include "domain/scrubbing/scrub_pace.h"
#include "services/verification/damage_log.h"
#include "services/verification/watched_blob_store.h"

namespace tritontube::verification {

// Reads every stored byte within a period, again and again, in nobody's way, and
// remembers what is damaged. Goes on after a restart where it was.
//
// What turns out to be damaged when it is read for a viewer is looked at soon
// afterwards. At the start everything that is known to be damaged is looked at
// again: the store learns of it, and what was healed or deleted is forgotten.
//
// Lives on one io_context. The log has been loaded before; it may be read from any
// thread.
class Scrubber {
 public:
  struct Dependencies {
    catalog::Catalog& catalog;
    blob::BlobStore& store;     // Not the watched one: its own reading is no load.
    WatchedBlobStore& watched;  // What everybody else uses.
    DamageLog& log;
    const Clock& clock;
  };

  Scrubber(Dependencies dependencies, scrubbing::ScrubOptions options)
      : with_(dependencies), options_(options) {}

  // Until it is cancelled. Failures are logged and tried again.
  async::Task<void> Run();

  // One step of what there is to do; how long to rest before the next one.
  async::Task<Result<std::chrono::milliseconds>> Advance();

 private:
  async::Task<Result<void>> LookAtKnownDamage();
  async::Task<Result<void>> LookAt(blob::BlobKey key);
  async::Task<Result<void>> LookAtMetDamage();
  async::Task<Result<void>> Begin(WallTime now);
  async::Task<Result<void>> End();
  scrubbing::PassProgress progress() const;

  const Dependencies with_;
  const scrubbing::ScrubOptions options_;
  bool known_looked_at_ = false;
  std::optional<Pass> pass_;
  scrubbing::ScrubState state_;
  ByteCount total_bytes_ = 0;
  ByteCount unsaved_bytes_ = 0;
};

}  // namespace tritontube::verification
