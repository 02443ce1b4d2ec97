#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/replication/node_client.h"
#include "foundation/async/semaphore.h"

namespace tritontube::storage_node {

// The digests of a store, for everybody who asks: one walk over all keys at a time, and none for
// who takes what the last one has found. Who asks while one is under way that began before it asked
// waits for the next, together with all others who do.
//
// Safe to use from any io_context.
class SharedDigests {
 public:
  // Both outlive this. A walk takes one of `walks`.
  SharedDigests(blob::BlobStore& store, async::Semaphore& walks) : store_(store), walks_(walks) {}

  // Of every slot, in their order, by a walk that began at that epoch and no longer than `age_max`
  // before this call.
  async::Task<Result<std::vector<replication::SlotDigest>>> Get(topology::Epoch epoch,
                                                                std::chrono::milliseconds age_max,
                                                                Deadline deadline);

 private:
  struct Walk {
    topology::Epoch epoch = 0;
    Deadline::Clock::time_point began{};
    std::vector<replication::SlotDigest> digests = {};
  };

  blob::BlobStore& store_;
  async::Semaphore& walks_;
  async::Semaphore turn_{1};
  std::optional<Walk> last_ = {};  // Of whoever has the turn.
};

}  // namespace tritontube::storage_node
