#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/coordination/coordination.h"
#include "core/coordination/mirror.h"
#include "domain/chunks/chunk_board.h"
#include "domain/chunks/worker_row.h"
#include "domain/jobs/job_policy.h"

namespace tritontube::chunks {

// A chunk in the hands of one worker, for as long as its lease lives.
struct ClaimedChunk {
  ChunkRow row;
  coordination::Revision row_modified = 0;
  ChunkClaim claim;
  coordination::Revision claim_modified = 0;
};

// The rows of a set at a moment.
struct ChunkRows {
  std::vector<ChunkRow> rows;  // In their order.
  coordination::Revision revision = 0;
};

// The chunks of all videos, on Coordination. Who makes a video posts its chunks and
// waits for what they become; workers claim them, one transaction each, without a
// read: which one, a ChunkBoard says. A claim hangs on the worker's lease.
//
// A chunk costs its share of the posting, the claim, and the end: each one
// transaction, whatever the number of chunks.
//
// Stateless; safe to use from any thread. Errors: those of Coordination; kAborted
// when the chunk is no longer the caller's, or gone; kCorrupt when a row cannot be
// understood. Every method may be called again after any error.
class ChunkQueue {
 public:
  ChunkQueue(coordination::Coordination& coordination, Random& random,
             jobs::JobPolicy policy = jobs::JobPolicy())
      : coordination_(coordination), random_(random), policy_(policy) {}

  // --- For the one who makes the video. ---

  // Rows that are there already stay as they are.
  async::Task<Result<void>> Post(std::vector<ChunkRow> rows, Deadline deadline);
  async::Task<Result<ChunkRows>> Rows(VideoId video, UploadId output, Deadline deadline);
  // What happens to them after `seen`.
  std::unique_ptr<coordination::Watch> Follow(const VideoId& video, const UploadId& output,
                                              coordination::Revision seen) {
    return coordination_.WatchPrefix(SetPrefix(video, output), seen);
  }
  // Whoever is making one of them finds that it is gone.
  async::Task<Result<void>> Remove(VideoId video, UploadId output, Deadline deadline);

  // Who works, and on what.
  async::Task<Result<std::vector<WorkerRow>>> Workers(Deadline deadline) {
    return WorkersNow(coordination_, deadline);
  }

  // --- For workers. ---

  ChunkClaim NewClaim(std::string worker) {
    return {.claim = UploadId::Generate(random_), .worker = std::move(worker)};
  }
  // Nothing when somebody else was faster, or it is gone. After kOutcomeUnknown the
  // claim may hang on the lease: ask again with the same one.
  async::Task<Result<std::optional<ClaimedChunk>>> Claim(ChunkBoard::Pick pick, ChunkClaim claim,
                                                         coordination::LeaseId lease,
                                                         Deadline deadline);
  async::Task<Result<void>> Finish(ClaimedChunk claimed, ChunkMade made, Deadline deadline);
  // Tried again later, or never, as the policy decides. True when it is.
  async::Task<Result<bool>> FailAttempt(ClaimedChunk claimed, jobs::Blame blame, Error error,
                                        WallTime now, Deadline deadline);
  // Unchanged: the worker stops.
  async::Task<Result<void>> Release(ClaimedChunk claimed, Deadline deadline);

 private:
  async::Task<Result<bool>> PostSome(std::span<const ChunkRow> rows, Deadline deadline);
  async::Task<Result<void>> Settle(ClaimedChunk claimed, ChunkRow next, Deadline deadline);

  coordination::Coordination& coordination_;
  Random& random_;
  jobs::JobPolicy policy_;
};

// What one process knows of all chunks.
using ChunkMirror = coordination::Mirror<ChunkBoard>;

}  // namespace tritontube::chunks
