#pragma once

#include <string>

#include "base/random.h"
#include "domain/catalog/catalog.h"
#include "domain/jobs/job_queue.h"
#include "foundation/async/blocking_pool.h"
#include "services/extras/extras_maker.h"
#include "services/scratch/scratch_space.h"
#include "services/space/space.h"
#include "services/transcode/workshop.h"
#include "worker_deaths/mortal_seams.h"

namespace tritontube::worker_deaths {

// What all machines of a cluster share, and one of them by itself.
struct Cluster {
  coordination::Coordination& coordination;
  blob::BlobStore& store;
  const Clock& clock;
  async::BlockingPool& blocking;
  async::Executor executor;
};

// A process that transcodes as `tritontube worker` does, with one slot, by tools that encode
// nothing, and that dies when its time has come.
class Machine {
 public:
  struct Options {
    std::string name;
    std::uint64_t seed = 1;
    media::Source source;
    // Two encoders do not make the same bytes of the same pictures.
    std::uint32_t sample_bytes = 10;
    int fatal_call = 0;
    Fate fate = Fate::kDiesBefore;
  };

  Machine(const Cluster& cluster, const std::filesystem::path& folder, const Options& options);

  async::Task<void> Start();
  async::Task<void> Stop();

  const Life& life() const { return life_; }
  // The chunks that it has begun to make, by their first frames.
  std::vector<std::int64_t> ChunksBegun() const;
  // Attempts that ended otherwise than well, and not by its death.
  int failure_count() const { return witness_.failure_count; }
  ByteCount scratch_bytes() const { return scratch_->reserved_bytes(); }

 private:
  struct Witness final : transcode::WorkerObserver {
    void OnJobFailed(const VideoId& /*video*/, const Error& /*error*/, bool /*again*/) override {
      ++failure_count;
    }
    int failure_count = 0;
  };

  Life life_;
  SeededRandom random_;
  MortalCoordination coordination_;
  MortalBlobStore store_;
  support::FakeProber prober_;
  support::FakeEncoder encoder_;
  support::FakeExtraTools extra_tools_;
  MortalProber mortal_prober_{prober_, life_};
  MortalEncoder mortal_encoder_{encoder_, life_};
  MortalExtraTools mortal_extra_tools_{extra_tools_, life_};
  std::unique_ptr<scratch::ScratchSpace> scratch_;
  coordination::LeaseKeeper lease_;
  catalog::Catalog catalog_;
  jobs::JobQueue jobs_;
  space::Space space_;
  extras::ExtrasMaker extras_;
  Witness witness_;
  transcode::Workshop workshop_;
  async::TaskGroup background_;
};

}  // namespace tritontube::worker_deaths
