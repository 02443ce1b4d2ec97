#pragma once

#include <memory>
#include <vector>

#include "foundation/async/task_group.h"
#include "services/transcode/chunk_worker.h"
#include "services/transcode/transcode_worker.h"

namespace tritontube::transcode {

// All that transcodes in one process: those who each make one video, and those who
// make chunks of any. Together they encode no more pictures at once than there are slots.
//
// Tells the cluster what it is doing, under its lease.
//
// Lives on one io_context.
class Workshop {
 public:
  // Of the process, and outlives this.
  struct Surroundings {
    std::string name;  // No other process of the cluster has it.
    coordination::Coordination& coordination;
    catalog::Catalog& catalog;
    jobs::JobQueue& jobs;
    blob::BlobStore& store;
    space::Space& space;
    scratch::ScratchSpace& scratch;
    media::Prober& prober;
    media::Encoder& encoder;
    extras::ExtrasMaker& extras;
    const coordination::LeaseKeeper& lease;
    const Clock& clock;
    Random& random;
    WorkerObserver& observer;
    async::Executor executor;
  };

  // Without slots it does nothing.
  Workshop(const Surroundings& surroundings, std::size_t slots);

  void Start();
  // Gives back what is under way.
  async::Task<void> Stop() { return group_.Stop(); }

 private:
  async::Task<void> TellWhatIsDone();
  async::Task<void> Sweep();
  async::Task<Result<void>> Tell(const std::string& value, coordination::LeaseId lease);

  const std::size_t slot_count_;
  coordination::Coordination& coordination_;
  chunks::ChunkQueue chunks_;
  jobs::JobMirror job_mirror_;
  chunks::ChunkMirror chunk_mirror_;
  scratch::SourceCopies sources_;
  async::Semaphore slots_;
  DoingList doing_;
  const WorkerDependencies with_;
  std::vector<std::unique_ptr<TranscodeWorker>> videos_;
  std::vector<std::unique_ptr<ChunkWorker>> hands_;
  async::TaskGroup group_;
};

}  // namespace tritontube::transcode
