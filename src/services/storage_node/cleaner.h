#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "domain/replication/node_client.h"
#include "domain/topology/roles.h"
#include "services/storage_node/storage_node.h"

namespace tritontube::storage_node {

struct CleanerOptions {
  // What has moved to other nodes is kept for so long, in case somebody needs it...
  std::chrono::milliseconds keep_for = std::chrono::hours(24);
  // ...or until this part of the disk is in use.
  double full_at = 0.9;
  std::chrono::milliseconds look_again_after = std::chrono::minutes(1);
  std::chrono::milliseconds call_time = std::chrono::seconds(10);
  std::size_t page_items = 500;
  // What others read for one answer, within a call's time also from a slow disk.
  ByteCount read_bytes = ByteCount{16} << 20U;
  std::size_t read_items = 50;
};

// Forgets what has moved to other nodes: a blob of a slot that this node does not keep any more, by
// the epoch that it has recorded itself, goes when so many complete nodes of those that keep it now
// as acknowledge a put have read, at that same epoch, every byte of it from their disks. If they
// are too few it is given to them first. Nobody gives an order to clean. Until then it stays where
// it is: that is the trash, out of which it is served and taken back without being copied.
//
// Lives on one io_context.
class Cleaner {
 public:
  // Both outlive this.
  Cleaner(StorageNode& node, replication::NodeClient& client, CleanerOptions options = {})
      : node_(node), client_(client), options_(options) {}

  // Until cancelled.
  async::Task<void> Run();

 private:
  using TopologyPointer = std::shared_ptr<const topology::Topology>;
  struct Leftovers {
    std::size_t found = 0;
    std::size_t removed = 0;
    std::size_t held_back = 0;  // Too few others say that they have it.
  };
  // How many of those who keep a leftover say that it is there, and who of them does not.
  struct Checked {
    blob::ScanItem item;
    std::size_t confirmations = 0;
    std::vector<topology::NodeIndex> lacking = {};
  };

  // The topology under which there may be leftovers; null while slots are on their way.
  TopologyPointer SettledTopology() const;
  async::Task<Deadline> Look(const topology::Topology& topology);
  async::Task<Result<Leftovers>> Walk(const topology::Topology& topology, bool remove);
  async::Task<Result<void>> Treat(const topology::Topology& topology,
                                  std::vector<blob::ScanItem> items, bool remove,
                                  Leftovers& leftovers);
  async::Task<Result<void>> RemoveWhatOthersRead(const topology::Topology& topology,
                                                 std::vector<blob::ScanItem> items,
                                                 Leftovers& leftovers);
  // Those that enough others have; the rest is given to who lacks it.
  async::Task<std::vector<blob::ScanItem>> Sure(const topology::Topology& topology,
                                                replication::ConfirmationRequest leftovers);
  async::Task<std::vector<Checked>> Check(const topology::Topology& topology,
                                          replication::ConfirmationRequest leftovers);
  async::Task<void> Ask(const topology::Topology& topology, topology::NodeIndex node, bool read,
                        const std::vector<Checked*>& about);
  async::Task<void> Give(const topology::Topology& topology, const Checked& checked);
  async::Task<bool> IsDiskFull();
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  StorageNode& node_;
  replication::NodeClient& client_;
  const CleanerOptions options_;
  // Since when the slots are where they are; so long what is left over is known to be.
  std::optional<placement::SlotTable> table_ = {};
  SteadyTime since_{};
  topology::Epoch looked_at_ = 0;
  bool held_back_ = false;
};

}  // namespace tritontube::storage_node
