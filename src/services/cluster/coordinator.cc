#include "services/cluster/coordinator.h"

#include <algorithm>
#include <charconv>

#include "domain/migration/ready_record.h"
#include "domain/topology/changes.h"
#include "foundation/async/sleep.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"
#include "services/cluster/lives.h"

namespace tritontube::cluster {

using coordination::KeyValue;
using coordination::Operation;
using coordination::Revision;
using coordination::Txn;
using migration::Decision;
using migration::Observation;
using migration::Step;
using telemetry::Level;
using telemetry::Log;
using topology::Topology;

namespace {

constexpr std::string_view kLeader = "leader";
constexpr std::string_view kReady = "ready/";
constexpr std::string_view kNode = "node/";
// With the topology and its compares within what a transaction takes.
constexpr std::size_t kForgottenMax = 100;

std::optional<NodeId> NodeOf(const KeyValue& item, std::string_view prefix) {
  return NodeId::Parse(std::string_view(item.key).substr(prefix.size()));
}

Result<Topology> Apply(const Topology& topology, const Decision& decision) {
  switch (decision.step) {
    case Step::kBeginPlan:
      return topology::BeginPlan(topology);
    case Step::kUseNew:
      return topology::UseNew(topology, decision.moved);
    case Step::kSettle:
      return topology::Settle(topology);
    case Step::kAbort:
      return topology::Abort(topology, decision.reason);
    case Step::kNone:
      break;
  }
  return topology;
}

std::string_view Explain(Step step) {
  switch (step) {
    case Step::kBeginPlan:
      return "slots begin to move";
    case Step::kUseNew:
      return "every destination has its slots: they are in use";
    case Step::kSettle:
      return "slots are where they were to go";
    case Step::kAbort:
      return "the change is given up: slots stay where they were";
    case Step::kNone:
      break;
  }
  return "";
}

}  // namespace

Coordinator::Coordinator(coordination::Coordination& coordination,
                         topology::TopologyStore& topologies, const Clock& clock, std::string name,
                         CoordinatorOptions options)
    : coordination_(coordination),
      topologies_(topologies),
      clock_(clock),
      name_(std::move(name)),
      options_(options),
      lease_(coordination, options.lease_ttl),
      steering_(options.steering) {}

async::Task<void> Coordinator::Run() {
  std::vector<async::Task<void>> tasks;
  tasks.push_back(KeepLease());
  tasks.push_back(Coordinate());
  co_await async::RunAll(std::move(tasks));
}

async::Task<void> Coordinator::KeepLease() {
  while (!co_await async::IsCancelled()) {
    const Result<void> granted = co_await lease_.Start(Soon());
    if (granted) co_return co_await lease_.Run();
    co_await async::Sleep(options_.look_again_after);
  }
}

bool Coordinator::HasWork() const {
  const auto topology = topologies_.snapshot();
  return topology && (topology->change || topology->plan);
}

async::Task<void> Coordinator::Coordinate() {
  while (!co_await async::IsCancelled()) {
    const auto seen = topologies_.changed().count();
    if (!HasWork()) {
      news_.reset();
      co_await topologies_.changed().WaitBeyond(seen, Deadline::Never());
      continue;
    }
    const std::optional<Revision> token = co_await Elect();
    if (!token) {
      co_await topologies_.changed().WaitBeyond(seen, Deadline::After(options_.look_again_after));
      continue;
    }
    const Result<bool> stepped = co_await TakeStep(*token);
    if (!stepped && stepped.error().code() != ErrorCode::kAborted &&
        std::exchange(told_, stepped.error().message()) != stepped.error().message()) {
      Log(Level::kWarning, "the change of the cluster does not go on now: trying again",
          {{"why", told_}});
    }
    if (!stepped || !*stepped) co_await AwaitNews();
  }
}

async::Task<std::optional<Revision>> Coordinator::Elect() {
  const coordination::LeaseId lease = lease_.lease();
  if (lease == coordination::kNoLease) co_return std::nullopt;
  const auto leader = co_await coordination_.Get(std::string(kLeader), Soon());
  if (!leader) co_return std::nullopt;
  if (leader->item) {
    if (leader->item->lease != lease) co_return std::nullopt;
    co_return leader->item->modified;
  }
  Txn txn{.compares = {{.key = std::string(kLeader), .modified = 0}},
          .then = {Operation::Put(std::string(kLeader), name_, lease)}};
  const auto answer = co_await coordination_.Commit(std::move(txn), Soon());
  if (!answer || !answer->succeeded) co_return std::nullopt;
  Log(Level::kInfo, "this process leads the change of the cluster", {{"token", answer->revision}});
  co_return answer->revision;
}

async::Task<Result<void>> Coordinator::Read(std::string prefix, std::vector<KeyValue>& items,
                                            Deadline deadline) {
  coordination::RangeRequest request{.prefix = std::move(prefix)};
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(coordination::RangePage page,
                           co_await coordination_.Range(request, deadline));
    for (KeyValue& item : page.items) items.push_back(std::move(item));
    if (!page.more) co_return Result<void>();
    request.after = items.back().key;
  }
}

// The topology first: what is read after it belongs to it or to a newer one, and then the step
// fails.
async::Task<Result<Observation>> Coordinator::Observe(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto topology, co_await topologies_.Load(deadline));
  if (!topology) co_return Fail(ErrorCode::kFailedPrecondition, "the cluster is not founded");
  Observation seen{.topology = *topology};
  TT_CO_RETURN_IF_ERROR(co_await ReadReady(seen, deadline));
  if (!topology->plan || topology->plan->phase != topology::Phase::kWriteBoth) co_return seen;
  std::vector<KeyValue> items;
  TT_CO_RETURN_IF_ERROR(co_await Read(std::string(kNode), items, deadline));
  for (const KeyValue& item : items) {
    std::uint64_t starts = 0;
    std::from_chars(item.value.data(), item.value.data() + item.value.size(), starts);
    if (const auto node = NodeOf(item, kNode)) seen.starts.emplace(*node, starts);
  }
  TT_CO_ASSIGN_OR_RETURN(const std::set<NodeId> lives, co_await LivesNow(coordination_, deadline));
  for (const NodeId& node : lives) seen.lives.emplace(node, true);
  co_return seen;
}

// Also what is left of plans that are over.
async::Task<Result<void>> Coordinator::ReadReady(Observation& seen, Deadline deadline) {
  std::vector<KeyValue> items;
  TT_CO_RETURN_IF_ERROR(co_await Read(std::string(kReady), items, deadline));
  ready_keys_.clear();
  const std::string prefix =
      migration::ReadyPrefix(seen.topology.plan ? seen.topology.plan->began : 0);
  for (KeyValue& item : items) {
    if (item.key.starts_with(prefix)) {
      const auto node = NodeOf(item, prefix);
      const auto record = migration::DecodeReady(item.value);
      if (node && record) seen.ready.emplace(*node, *record);
    }
    ready_keys_.push_back(std::move(item.key));
  }
  co_return Result<void>();
}

async::Task<Result<bool>> Coordinator::TakeStep(Revision token) {
  TT_CO_ASSIGN_OR_RETURN(const Observation seen, co_await Observe(Soon()));
  TT_CO_ASSIGN_OR_RETURN(const Decision decision, steering_.Decide(seen, clock_.SteadyNow()));
  if (decision.step == Step::kNone) co_return false;
  TT_CO_ASSIGN_OR_RETURN(Topology next, Apply(seen.topology, decision));
  topology::Guard guard{.compares = {{.key = std::string(kLeader), .modified = token}}};
  // The plan that they are of is over after this step, but for the one that begins.
  for (std::size_t i = 0; i < std::min(ready_keys_.size(), kForgottenMax); ++i) {
    guard.also.push_back(Operation::Delete(ready_keys_[i]));
  }
  TT_CO_ASSIGN_OR_RETURN(
      const auto replaced,
      co_await topologies_.Replace(seen.topology, std::move(next), Soon(), std::move(guard)));
  told_.clear();
  Log(decision.step == Step::kAbort ? Level::kWarning : Level::kInfo,
      std::string(Explain(decision.step)),
      {{"epoch", replaced->epoch}, {"reason", decision.reason}});
  co_return true;
}

// A watch is a hint: without it the next look comes a little later.
async::Task<void> Coordinator::AwaitNews() {
  const Deadline again = Deadline::After(options_.look_again_after);
  if (!news_) {
    const auto now = co_await coordination_.Get(std::string(kLeader), again);
    if (!now) co_return co_await async::SleepUntil(again);
    // What came before this revision is looked at once more.
    news_ = coordination_.WatchPrefix(std::string(kReady), now->revision);
    co_return;
  }
  const auto batch = co_await news_->Next(again);
  if (!batch) {
    news_.reset();
    co_await async::SleepUntil(again);
  }
}

}  // namespace tritontube::cluster
