#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "services/storage_node/slot_fetcher.h"

namespace tritontube::storage_node {

// Reads what is on a node's disk, and brings back from the other keepers what is damaged there:
// what does not match its checksum, or its digest, or what the disk does not give in five tries.
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

  // Reads every byte of it and heals it when it is damaged. Nothing when all is well in the end: it
  // is whole, or healed, or gone; otherwise why it stays damaged. An error when it could not be
  // read now: whoever tries that again learns in the end what there is.
  async::Task<Result<std::optional<Error>>> Check(blob::ScanItem item);

  // How far a walk over what is here of some slots has come.
  struct Walk {
    placement::SlotSet slots;
    std::optional<blob::BlobKey> after = {};
    bool more = true;
  };
  // Reads every byte that is here of those slots, and heals what is damaged. What nobody can give
  // stays as it is. kAborted when the topology is the node's own no more, kCorrupt when the list of
  // what is here cannot be read. After an error the same walk goes on where this has ended.
  async::Task<Result<void>> ReadAll(std::shared_ptr<const topology::Topology> topology, Walk& walk);

 private:
  // An error when it has to be looked at again.
  async::Task<Result<void>> Settle(const blob::ScanItem& item);
  async::Task<std::optional<Error>> HealDamaged(blob::ScanItem item);
  // True when the disk has been asked in vain for the last time.
  bool CountFailedRead(const blob::BlobKey& key);
  Deadline Soon() const { return Deadline::After(call_time_); }

  StorageNode& node_;
  const std::chrono::milliseconds call_time_;
  SlotFetcher fetcher_;
  // The one that was asked for last in vain, and how often in a row.
  std::optional<blob::BlobKey> failing_ = {};
  int failed_reads_ = 0;
};

}  // namespace tritontube::storage_node
