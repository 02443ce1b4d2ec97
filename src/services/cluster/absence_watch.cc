#include "services/cluster/absence_watch.h"

#include <fmt/ranges.h>

#include <utility>

#include "domain/migration/ready_record.h"
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
      absence_(options.absence),
      comeback_(options.comeback) {}

async::Task<void> AbsenceWatch::Run() {
  while (!co_await async::IsCancelled()) {
    const Result<void> looked = co_await Look();
    if (!looked && told_.insert(looked.error().message()).second) {
      Log(Level::kWarning, "a content node is not given up, or taken in again, yet",
          {{"why", looked.error().message()}});
    }
    co_await async::Sleep(options_.look_every);
  }
}

async::Task<Result<void>> AbsenceWatch::Look() {
  const std::shared_ptr<const Topology> topology = topologies_.snapshot();
  if (!topology) co_return Result<void>();
  TT_CO_ASSIGN_OR_RETURN(const std::set<NodeId> lives, co_await LivesNow(coordination_, Soon()));
  TT_CO_ASSIGN_OR_RETURN(const migration::Comeback::Lives gone,
                         co_await LivesOfGone(*topology, lives));
  const SteadyTime now = clock_.SteadyNow();
  const migration::Absence::Verdict verdict = absence_.Decide(*topology, lives, now);
  const std::vector<NodeId> back = comeback_.Decide(*topology, gone, now);
  if (!IsFirst(*topology, lives, self_)) co_return Result<void>();
  if (!verdict.give_up.empty()) co_return co_await GiveUp(*topology, verdict.give_up);
  if (verdict.is_calm && !back.empty()) co_return co_await TakeIn(*topology, back);
  if (!verdict.held_back.empty()) {
    co_return Fail(ErrorCode::kFailedPrecondition, "{}", verdict.held_back);
  }
  told_.clear();
  co_return Result<void>();
}

async::Task<Result<migration::Comeback::Lives>> AbsenceWatch::LivesOfGone(
    const Topology& topology, const std::set<NodeId>& lives) {
  migration::Comeback::Lives gone;
  for (const topology::GivenUp& node : topology.given_up) {
    if (!lives.contains(node.id) || topology.Find(node.id) != nullptr) continue;
    TT_CO_ASSIGN_OR_RETURN(const coordination::GetAnswer starts,
                           co_await coordination_.Get(migration::StartsKey(node.id), Soon()));
    if (starts.item) gone.emplace(node.id, starts.item->modified);
  }
  co_return gone;
}

async::Task<Result<void>> AbsenceWatch::TakeIn(const Topology& topology,
                                               const std::vector<NodeId>& back) {
  const NodeId& node = back[tries_++ % back.size()];
  const std::string& address = topology.FindGivenUp(node)->address;
  TT_CO_RETURN_IF_ERROR(
      co_await administration_.Ask({.add = {address}, .by_itself = true}, Soon()));
  Log(Level::kInfo, "a content node that was given up is back, and is taken in again",
      {{"node", node.text()}, {"address", address}});
  co_return Result<void>();
}

async::Task<Result<void>> AbsenceWatch::GiveUp(const Topology& topology,
                                               const std::vector<NodeId>& lost) {
  Wish wish{.dead = true, .by_itself = true};
  for (const NodeId& node : lost) wish.remove.push_back(topology.Find(node)->address);
  const std::string addresses = fmt::format("{}", fmt::join(wish.remove, ", "));
  TT_CO_RETURN_IF_ERROR(co_await administration_.Ask(std::move(wish), Soon()));
  Log(Level::kWarning,
      "content nodes that were silent for too long are given up: the others make the copies that "
      "are missing. One that comes back to stay is taken in again",
      {{"addresses", addresses}});
  co_return Result<void>();
}

}  // namespace tritontube::cluster
