#pragma once

#include <memory>

#include "domain/topology/topology_store.h"
#include "foundation/async/event.h"
#include "foundation/async/task_group.h"
#include "services/storage_node/registration.h"
#include "services/storage_node/storage_node.h"
#include "simulation/disk.h"
#include "simulation/etcd.h"

namespace tritontube::simulation {

// One life of a content node: the shipped rules over a simulated disk.
struct Process {
  Process(Platter& platter, Etcd& etcd_service, const std::string& address,
          async::Executor executor)
      : disk(platter),
        record(platter),
        etcd(etcd_service),
        topologies(etcd),
        node(disk, record),
        registration(node, etcd, topologies, address),
        tasks(executor) {}

  Disk disk;
  Record record;
  EtcdClient etcd;
  topology::TopologyStore topologies;
  storage_node::StorageNode node;
  storage_node::Registration registration;
  bool dead = false;
  async::Event changed;  // Something was answered, or it has died.
  async::TaskGroup tasks;
};

// A machine: a disk, and a process while there is one.
class Machine {
 public:
  Machine(Context& context, Etcd& etcd, async::TaskGroup& burials, topology::Member member)
      : etcd_(etcd), burials_(burials), member_(std::move(member)), platter_(context) {}

  const topology::Member& member() const { return member_; }
  Platter& platter() { return platter_; }
  // Null while it is down.
  const std::shared_ptr<Process>& process() const { return process_; }

  void Start();
  void Kill();

 private:
  static async::Task<void> Bury(std::shared_ptr<Process> process);

  Etcd& etcd_;
  async::TaskGroup& burials_;
  topology::Member member_;
  Platter platter_;
  std::shared_ptr<Process> process_ = {};
};

}  // namespace tritontube::simulation
