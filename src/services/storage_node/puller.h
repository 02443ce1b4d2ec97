#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/coordination/coordination.h"
#include "domain/migration/copy_window.h"
#include "domain/migration/pull_schedule.h"
#include "domain/replication/node_client.h"
#include "domain/topology/topology_store.h"
#include "foundation/async/semaphore.h"
#include "services/storage_node/storage_node.h"

namespace tritontube::storage_node {

struct PullerOptions {
  std::chrono::milliseconds retry_after = std::chrono::seconds(1);
  std::chrono::milliseconds call_time = std::chrono::seconds(10);
  std::size_t page_items = 1000;
  std::size_t fetches_max = 8;
  ByteCount bytes_in_flight_max = ByteCount{32} << 20U;
  ByteCount batch_bytes = ByteCount{16} << 20U;
};

// Brings a node what it lacks: the slots that a plan gives it, or, after it has missed something,
// those that it keeps.
//
// It asks enough complete members for what they have of a slot, each of which thereby records the
// epoch and ends what is under way of an older one, and fetches what is not here. Every blob is
// checked before it is stored. When everything is here it says so in Coordination: as a record that
// the plan's coordinator looks for, or by the topology that calls the node complete again.
//
// There is no mark of how far it came: after a restart it asks again, and fetches what is not here.
//
// Lives on one io_context.
class Puller {
 public:
  // All of them outlive this.
  Puller(StorageNode& node, replication::NodeClient& client,
         coordination::Coordination& coordination, topology::TopologyStore& topologies,
         PullerOptions options = {});

  // Until cancelled.
  async::Task<void> Run();

 private:
  using TopologyPointer = std::shared_ptr<const topology::Topology>;
  struct Work {
    TopologyPointer topology;  // The newest one that it is done under.
    topology::NodeIndex self = 0;
    topology::Epoch plan = 0;  // 0 when the node repairs itself.
    migration::PullSchedule schedule;
    topology::Moved moved = {};
    std::map<topology::NodeIndex, SteadyTime> failed = {};  // Sources, and when they did last.
    std::uint64_t failures = 0;
    std::map<topology::NodeIndex, std::string> complaints = {};  // Each told once.
    bool waits = false;                                          // For sources, and has said so.
    bool told = false;

    bool IsSameJob(const topology::Topology& now, topology::Epoch now_plan) const;
  };

  // A blob on its way to the disk.
  struct Fetched {
    blob::ScanItem item;
    blob::Bytes bytes;
    std::optional<Result<void>> stored = {};
    bool was_there = false;  // With other bytes.
  };

  void FindWork();
  void Begin(TopologyPointer topology, topology::NodeIndex self, topology::Epoch plan);
  void ShowProgress();
  // Returns when to go on; never, when there is nothing to do until something changes.
  async::Task<Deadline> Advance();
  async::Task<void> RunPass(migration::PullSchedule::Pass pass);
  async::Task<Result<void>> Walk(const migration::PullSchedule::Pass& pass);
  async::Task<Result<replication::SlotScanPage>> AskForPage(
      topology::NodeIndex source, const replication::SlotScanRequest& request);
  async::Task<Result<std::vector<blob::ScanItem>>> Missing(std::vector<blob::ScanItem> items);
  async::Task<Result<void>> FetchAll(topology::NodeIndex source, std::vector<blob::ScanItem> items);
  async::Task<void> FetchInto(topology::NodeIndex source, blob::ScanItem item,
                              Result<void>& result);
  async::Task<Result<std::optional<blob::Bytes>>> Fetch(topology::NodeIndex source,
                                                        const blob::ScanItem& item);
  async::Task<Result<blob::Bytes>> Read(topology::NodeIndex from, const blob::ScanItem& item);
  async::Task<Result<blob::Bytes>> ReadElsewhere(topology::NodeIndex source,
                                                 const blob::ScanItem& item, Error failure);
  async::Task<Result<void>> Store(blob::ScanItem item, blob::Bytes bytes);
  async::Task<void> StoreSome();
  async::Task<Result<void>> StoreAlone(Fetched& one);
  async::Task<Result<void>> TellReady();
  async::Task<Result<void>> TellComplete();
  bool IsCurrent() const { return node_.OwnTopology() == work_->topology; }
  replication::Target TargetOf(topology::NodeIndex node) const;
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  StorageNode& node_;
  replication::NodeClient& client_;
  coordination::Coordination& coordination_;
  topology::TopologyStore& topologies_;
  const PullerOptions options_;
  async::Semaphore bytes_in_flight_;
  migration::CopyWindow window_;
  std::size_t fetching_ = 0;
  async::Event fetched_;
  std::deque<std::shared_ptr<Fetched>> fetched_blobs_;
  bool storing_ = false;
  async::Event stored_;
  std::optional<Work> work_;
};

}  // namespace tritontube::storage_node
