#pragma once

#include <functional>
#include <memory>

#include "domain/replication/node_client.h"
#include "domain/topology/topology_store.h"
#include "foundation/async/event.h"
#include "foundation/async/task_group.h"
#include "services/cluster/absence_watch.h"
#include "services/cluster/coordinator.h"
#include "services/storage_node/cleaner.h"
#include "services/storage_node/comparer.h"
#include "services/storage_node/node_scrubber.h"
#include "services/storage_node/puller.h"
#include "services/storage_node/registration.h"
#include "services/storage_node/storage_node.h"
#include "simulation/disk.h"
#include "simulation/etcd.h"

namespace tritontube::simulation {

using MakeClient = std::function<std::unique_ptr<replication::NodeClient>(Pulse&)>;

// As patient as people are who wait for a test.
cluster::CoordinatorOptions PatienceOfCoordinators();

// One life of a content node: the shipped rules over a simulated disk.
struct Process {
  Process(Platter& platter, Etcd& etcd_service, std::size_t caller, const MakeClient& make_client,
          const std::string& address, async::Executor executor);

  // As app::StorageServer does: nothing until it is taken into a cluster.
  async::Task<void> TakePart();

  Pulse pulse;
  Disk disk;
  Record record;
  EtcdClient etcd;
  std::unique_ptr<replication::NodeClient> peers;
  topology::TopologyStore topologies;
  storage_node::StorageNode node;
  storage_node::Registration registration;
  storage_node::Puller puller;
  storage_node::Cleaner cleaner;
  ScrubPlace scrub_place;
  storage_node::Comparer comparer;
  storage_node::NodeScrubber scrubber;
  cluster::Coordinator coordinator;
  cluster::AbsenceWatch absence;
  const bool gives_up;
  async::Event changed;  // Something was answered, or it has died.
  async::TaskGroup tasks;
};

// A machine: a disk, and a process while there is one.
class Machine {
 public:
  // What its disk lacks of what it has acknowledged.
  enum class Loss : std::uint8_t {
    kNone,
    kUnknown,  // An old copy or nothing came back, and the topology does not say so yet.
    kKnown,
    kAll,  // The machine is gone for good.
  };

  Machine(Context& context, Etcd& etcd, std::size_t caller, MakeClient make_client,
          async::TaskGroup& burials, topology::Member member)
      : context_(context),
        etcd_(etcd),
        caller_(caller),
        make_client_(std::move(make_client)),
        burials_(burials),
        member_(std::move(member)),
        platter_(context) {
    platter_.SetOnSyncFailed([this] { Kill(); });
  }

  const topology::Member& member() const { return member_; }
  Platter& platter() { return platter_; }
  const Platter& platter() const { return platter_; }
  Loss loss() const { return loss_; }
  // So that somebody may not know it yet.
  bool IsLossNew() const;
  // Null while it is down.
  const std::shared_ptr<Process>& process() const { return process_; }

  // Not when it is gone for good.
  void Start();
  void Kill();
  void Pause(bool paused);
  // Dies, and an old copy of its disk starts.
  void RollBack(Platter::Copy copy);
  void Lose();
  // Dies, and starts with a store that is made anew.
  void Wipe();
  // What the topology knows of its disk.
  void Learn(const topology::Topology& topology);

 private:
  static async::Task<void> Bury(std::shared_ptr<Process> process);

  Context& context_;
  Etcd& etcd_;
  const std::size_t caller_;
  const MakeClient make_client_;
  async::TaskGroup& burials_;
  topology::Member member_;
  Platter platter_;
  Loss loss_ = Loss::kNone;
  SteadyTime lost_{};
  std::shared_ptr<Process> process_ = {};
};

}  // namespace tritontube::simulation
