#include "services/cluster/absence_watch.h"

#include <utility>

#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"
#include "services/cluster/lives.h"

namespace tritontube::cluster {

using telemetry::Level;
using telemetry::Log;
using topology::Topology;

namespace {

// The first of the members that live, so that only one acts.
bool IsFirst(const Topology& topology, const std::set<NodeId>& lives, const NodeId& self) {
  for (const topology::Member& member : topology.members) {
    if (lives.contains(member.id)) return member.id == self;
  }
  return false;
}

}  // namespace

AbsenceWatch::AbsenceWatch(coordination::Coordination& coordination,
                           topology::TopologyStore& topologies, replication::NodeClient& client,
                           const Clock& clock, NodeId self, AbsenceWatchOptions options)
    : coordination_(coordination),
      topologies_(topologies),
      clock_(clock),
      self_(std::move(self)),
      options_(options),
      administration_(topologies, client, {.etcd = {}, .call_time = options.call_time}),
      absence_(options.absence) {}

async::Task<void> AbsenceWatch::Run() {
  while (!co_await async::IsCancelled()) {
    const Result<void> looked = co_await Look();
    if (!looked && std::exchange(told_, looked.error().message()) != looked.error().message()) {
      Log(Level::kWarning, "a content node that is silent is not given up yet", {{"why", told_}});
    }
    co_await async::Sleep(options_.look_every);
  }
}

async::Task<Result<void>> AbsenceWatch::Look() {
  const std::shared_ptr<const Topology> topology = topologies_.snapshot();
  if (!topology) co_return Result<void>();
  TT_CO_ASSIGN_OR_RETURN(const std::set<NodeId> lives, co_await LivesNow(coordination_, Soon()));
  const migration::Absence::Verdict verdict = absence_.Decide(*topology, lives, clock_.SteadyNow());
  if (!IsFirst(*topology, lives, self_)) co_return Result<void>();
  if (!verdict.held_back.empty()) {
    co_return Fail(ErrorCode::kFailedPrecondition, "{}", verdict.held_back);
  }
  if (verdict.give_up.empty()) {
    told_.clear();
    co_return Result<void>();
  }
  co_return co_await GiveUp(*topology, verdict.give_up);
}

async::Task<Result<void>> AbsenceWatch::GiveUp(const Topology& topology,
                                               const std::vector<NodeId>& lost) {
  Wish wish{.dead = true};
  std::string addresses;
  for (const NodeId& node : lost) {
    const std::string& address = topology.Find(node)->address;
    wish.remove.push_back(address);
    addresses += (addresses.empty() ? "" : ", ") + address;
  }
  TT_CO_RETURN_IF_ERROR(co_await administration_.Ask(std::move(wish), Soon()));
  Log(Level::kWarning,
      "content nodes that were silent for too long are given up: the others make the copies that "
      "are missing. Should one come back, admin add takes it in again",
      {{"addresses", addresses}});
  co_return Result<void>();
}

}  // namespace tritontube::cluster
