#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/coordination/coordination.h"
#include "domain/migration/pull_schedule.h"
#include "domain/topology/topology_store.h"
#include "services/storage_node/healer.h"

namespace tritontube::storage_node {

struct PullerOptions {
  std::chrono::milliseconds retry_after = std::chrono::seconds(1);
  std::chrono::milliseconds call_time = std::chrono::seconds(10);
  FetchOptions fetch = {};
};

// Brings a node what it lacks: the slots that a plan gives it, or, after it has missed something,
// those that it keeps.
//
// It asks enough complete members for what they have of a slot, and fetches what is not here (see
// SlotFetcher). Of what is here already it reads every byte before somebody leaves with a copy.
// When everything is here it says so in Coordination: as a record that the plan's coordinator looks
// for, or by the topology that calls the node complete again.
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
    Healer::Walk reading;
    topology::Moved moved = {};
    std::map<topology::NodeIndex, SteadyTime> failed = {};  // Sources, and when they did last.
    std::uint64_t failures = 0;
    std::map<topology::NodeIndex, std::string> complaints = {};  // Each told once.
    bool waits = false;                                          // For sources, and has said so.
    bool told = false;

    bool IsSameJob(const topology::Topology& now, topology::Epoch now_plan) const;
  };

  void FindWork();
  void Begin(TopologyPointer topology, topology::NodeIndex self, topology::Epoch plan);
  void ShowProgress();
  // False when it has to be tried again.
  async::Task<bool> ReadWhatIsHere();
  // Returns when to go on; never, when there is nothing to do until something changes.
  async::Task<Deadline> Advance();
  async::Task<void> RunPass(migration::PullSchedule::Pass pass);
  // Tells once what is wrong with a source, or with the node itself.
  void Complain(topology::NodeIndex source, const Error& error);
  void CountMoved(const topology::Moved& moved);
  async::Task<Result<void>> TellReady();
  async::Task<Result<void>> TellComplete();
  bool IsCurrent() const { return node_.OwnTopology() == work_->topology; }
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  StorageNode& node_;
  coordination::Coordination& coordination_;
  topology::TopologyStore& topologies_;
  const PullerOptions options_;
  SlotFetcher fetcher_;
  Healer healer_;
  std::optional<Work> work_;
};

}  // namespace tritontube::storage_node
