#pragma once

#include <functional>
#include <memory>
#include <mutex>

#include "core/coordination/coordination.h"
#include "domain/topology/topology.h"
#include "foundation/async/event.h"

namespace tritontube::topology {

// What has to hold, and what happens with it, when a topology is replaced.
struct Guard {
  std::vector<coordination::Compare> compares = {};
  std::vector<coordination::Operation> also = {};
};

// The topology in Coordination, and the newest one that this process has seen.
//
// Safe to use from any thread; Run() once.
class TopologyStore {
 public:
  explicit TopologyStore(coordination::Coordination& coordination) : coordination_(coordination) {}

  // Reads it; nothing while no cluster is founded.
  async::Task<Result<std::shared_ptr<const Topology>>> Load(Deadline deadline);
  // The newest there is: what was read is written again, which succeeds only then.
  async::Task<Result<std::shared_ptr<const Topology>>> LoadNewest(Deadline deadline);
  // Creates it by a transaction, unless somebody was faster: returns what there is afterwards.
  async::Task<Result<std::shared_ptr<const Topology>>> Create(Topology first, Deadline deadline);
  // Replaces `old` by `next`, whose epoch is one greater. kAborted when it has changed meanwhile,
  // or the guard does not hold.
  async::Task<Result<std::shared_ptr<const Topology>>> Replace(const Topology& old, Topology next,
                                                               Deadline deadline, Guard guard = {});

  // Takes a topology that came another way (from a node's answer, from a file): the greater epoch
  // stays.
  void Offer(std::shared_ptr<const Topology> topology);
  // Null before the first Load().
  std::shared_ptr<const Topology> snapshot() const;
  // Notified when snapshot() changes.
  async::Event& changed() { return changed_; }

  // Keeps snapshot() current until cancelled: wakes at every change, and reads again every 5 s,
  // because a watch is a hint.
  async::Task<void> Run();

 private:
  coordination::Coordination& coordination_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Topology> current_;
  async::Event changed_;
};

}  // namespace tritontube::topology
