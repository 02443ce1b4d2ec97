#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "services/storage_node/slot_fetcher.h"

namespace tritontube::storage_node {

// Brings back from the other keepers what is damaged on a node's disk.
//
// Lives on one io_context.
class Healer {
 public:
  // Both outlive this.
  Healer(StorageNode& node, replication::NodeClient& client, std::chrono::milliseconds call_time)
      : node_(node), call_time_(call_time), fetcher_(node, client, {.call_time = call_time}) {}

  // kCorrupt when all others have answered and nobody can give it; kFailedPrecondition when it has
  // moved to other nodes.
  async::Task<Result<void>> Heal(blob::ScanItem item);

  // How far a walk over what is here of some slots has come.
  struct Walk {
    placement::SlotSet slots;
    std::optional<blob::BlobKey> after = {};
    bool more = true;
    int failed_reads = 0;  // Of the next one.
  };
  // Reads every byte that is here of those slots, and heals what is damaged. What nobody can give,
  // or the disk does not give again and again, stays as it is. kAborted when the topology is the
  // node's own no more, kCorrupt when the list of what is here cannot be read. After an error the
  // same walk goes on where this has ended.
  async::Task<Result<void>> ReadAll(std::shared_ptr<const topology::Topology> topology, Walk& walk);

 private:
  async::Task<Result<void>> Read(const blob::ScanItem& item, int& failed_reads);
  Deadline Soon() const { return Deadline::After(call_time_); }

  StorageNode& node_;
  const std::chrono::milliseconds call_time_;
  SlotFetcher fetcher_;
};

}  // namespace tritontube::storage_node
