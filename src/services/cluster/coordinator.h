#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "core/coordination/lease_keeper.h"
#include "domain/migration/steering.h"
#include "domain/topology/topology_store.h"

namespace tritontube::cluster {

struct CoordinatorOptions {
  migration::SteeringOptions steering = {};
  std::chrono::milliseconds lease_ttl = std::chrono::seconds(10);
  std::chrono::milliseconds call_time = std::chrono::seconds(5);
  // Who leads looks again after this when no destination has said anything; who does not, whether
  // somebody still leads.
  std::chrono::milliseconds look_again_after = std::chrono::seconds(1);
};

// Carries out what is asked for, step by step, in whichever process is elected: any web server and
// any content node may be. Only while there is something to do, so that a cluster at rest writes
// nothing.
//
// Who leads holds the key "leader" under a lease, and every step compares its revision (the fencing
// token) with the topology it steps from: somebody who has lost the lease without knowing takes no
// step. Everything that a successor needs is in Coordination.
//
// Lives on one io_context.
class Coordinator {
 public:
  // All of them outlive this. `name` is who leads, for people.
  Coordinator(coordination::Coordination& coordination, topology::TopologyStore& topologies,
              const Clock& clock, std::string name, CoordinatorOptions options = {});

  // Until cancelled. Requires: somebody keeps `topologies` current.
  async::Task<void> Run();

 private:
  async::Task<void> KeepLease();
  async::Task<void> Coordinate();
  // The fencing token; nothing when somebody else leads, or nobody knows.
  async::Task<std::optional<coordination::Revision>> Elect();
  async::Task<Result<migration::Observation>> Observe(Deadline deadline);
  async::Task<Result<void>> ReadReady(migration::Observation& seen, Deadline deadline);
  async::Task<Result<void>> Read(std::string prefix, std::vector<coordination::KeyValue>& items,
                                 Deadline deadline);
  // True when a step was taken.
  async::Task<Result<bool>> TakeStep(coordination::Revision token);
  async::Task<void> AwaitNews();
  bool HasWork() const;
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  coordination::Coordination& coordination_;
  topology::TopologyStore& topologies_;
  const Clock& clock_;
  const std::string name_;
  const CoordinatorOptions options_;
  coordination::LeaseKeeper lease_;
  migration::Steering steering_;
  std::unique_ptr<coordination::Watch> news_;
  std::vector<std::string> ready_keys_;  // As they were seen last.
  std::string told_;
};

}  // namespace tritontube::cluster
