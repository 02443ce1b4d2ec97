#pragma once

#include <chrono>
#include <set>
#include <string>

#include "base/clock.h"
#include "core/coordination/coordination.h"
#include "domain/migration/absence.h"
#include "domain/migration/comeback.h"
#include "services/cluster/administration.h"

namespace tritontube::cluster {

struct AbsenceWatchOptions {
  migration::AbsenceOptions absence = {};
  migration::ComebackOptions comeback = {};
  std::chrono::milliseconds look_every = std::chrono::seconds(10);
  std::chrono::milliseconds call_time = std::chrono::seconds(5);
};

// Gives members up that are lost, as `admin remove --dead` does, so that others get their copies,
// and takes them in again when they are back, as `admin add` does. Runs in every content node; the
// first of the members that live acts, and when two take themselves for it the transaction on the
// topology decides.
//
// A sign of life that is missing is a suspicion only: whoever answers a call is not given up, and
// what only the lost ones have is waited for, as long as nobody accepts the loss.
//
// Lives on one io_context.
class AbsenceWatch {
 public:
  // All of them outlive this.
  AbsenceWatch(coordination::Coordination& coordination, topology::TopologyStore& topologies,
               replication::NodeClient& client, const Clock& clock, NodeId self,
               AbsenceWatchOptions options = {});

  // Until cancelled. Requires: somebody keeps `topologies` current.
  async::Task<void> Run();

 private:
  async::Task<Result<void>> Look();
  // Nothing but nodes that were given up and are no members.
  async::Task<Result<migration::Comeback::Lives>> LivesOfGone(const topology::Topology& topology,
                                                              const std::set<NodeId>& lives);
  // One of them, and another one at the next look: one that cannot be taken in keeps nobody out.
  async::Task<Result<void>> TakeIn(const topology::Topology& topology,
                                   const std::vector<NodeId>& back);
  async::Task<Result<void>> GiveUp(const topology::Topology& topology,
                                   const std::vector<NodeId>& lost);
  Deadline Soon() const { return Deadline::After(options_.call_time); }

  coordination::Coordination& coordination_;
  topology::TopologyStore& topologies_;
  const Clock& clock_;
  const NodeId self_;
  const AbsenceWatchOptions options_;
  Administration administration_;
  migration::Absence absence_;
  migration::Comeback comeback_;
  std::size_t tries_ = 0;
  std::set<std::string> told_;  // Why nothing was done, since all was well.
};

}  // namespace tritontube::cluster
