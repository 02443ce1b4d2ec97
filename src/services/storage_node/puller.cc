#include "services/storage_node/puller.h"

#include <algorithm>

#include "domain/migration/ready_record.h"
#include "domain/topology/changes.h"
#include "domain/topology/roles.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"

namespace tritontube::storage_node {

using coordination::Operation;
using migration::PullSchedule;
using telemetry::Level;
using telemetry::Log;
using topology::NodeIndex;
using topology::Phase;
using topology::Topology;

namespace {

std::vector<migration::Want> WantsOf(const Topology& topology, NodeIndex self,
                                     topology::Epoch plan) {
  return plan == 0 ? migration::WantsForRepair(topology, self)
                   : migration::WantsForPlan(topology, self);
}

}  // namespace

// A plan is one job under whatever epoch; a repair is one as long as the same nodes keep the slots.
bool Puller::Work::IsSameJob(const Topology& now, topology::Epoch now_plan) const {
  if (plan != now_plan) return false;
  return plan != 0 || (topology->table == now.table && topology->members == now.members);
}

Puller::Puller(StorageNode& node, replication::NodeClient& client,
               coordination::Coordination& coordination, topology::TopologyStore& topologies,
               PullerOptions options)
    : node_(node),
      coordination_(coordination),
      topologies_(topologies),
      options_(options),
      fetcher_(node, client, options.fetch),
      healer_(node, client, options.call_time) {}

async::Task<void> Puller::Run() {
  while (!co_await async::IsCancelled()) {
    const auto seen = node_.changed().count();
    FindWork();
    ShowProgress();
    const bool goes_on = work_ && !work_->told && IsCurrent();
    const Deadline next = goes_on ? co_await Advance() : Deadline::Never();
    co_await node_.changed().WaitBeyond(seen, next);
  }
}

void Puller::FindWork() {
  const TopologyPointer topology = node_.OwnTopology();
  // It knows of a newer one, and will have it soon.
  if (!topology) return;
  const auto self = topology::IndexOf(*topology, node_.state()->node);
  const bool repairs = self && topology->members[*self].incomplete;
  const bool moves = self && topology->plan && topology->plan->phase == Phase::kWriteBoth;
  if (repairs || moves) {
    Begin(topology, *self, repairs ? 0 : topology->plan->began);
  } else {
    work_.reset();
  }
  // Who has missed something, and keeps nothing yet, has nothing to do but to say so.
  if (work_ && work_->plan != 0 && work_->schedule.slots() == 0) work_.reset();
}

void Puller::Begin(TopologyPointer topology, NodeIndex self, topology::Epoch plan) {
  std::vector<migration::Want> wants = WantsOf(*topology, self, plan);
  if (work_ && work_->IsSameJob(*topology, plan)) {
    work_->topology = std::move(topology);
    work_->schedule.Retarget(std::move(wants));
    return;
  }
  // For a repair nobody gives a copy up: what is here is verified when its turn comes.
  Healer::Walk reading;
  if (plan != 0) reading.slots = migration::SlotsToRead(*topology, wants);
  work_.emplace(Work{.topology = std::move(topology),
                     .self = self,
                     .plan = plan,
                     .schedule = PullSchedule(std::move(wants)),
                     .reading = std::move(reading)});
  if (work_->schedule.slots() == 0) return;
  Log(Level::kInfo, plan == 0 ? "repairing this node from the others" : "pulling slots for a plan",
      {{"plan", plan}, {"slots", work_->schedule.slots()}});
}

void Puller::ShowProgress() {
  if (!work_) return node_.SetPulling(std::nullopt);
  node_.SetPulling(replication::PullProgress{.plan = work_->plan,
                                             .slots = work_->schedule.slots(),
                                             .slots_done = work_->schedule.slots_done(),
                                             .moved = work_->moved});
}

void Puller::CountMoved(const topology::Moved& moved) {
  work_->moved.Add(moved);
  ShowProgress();
}

async::Task<bool> Puller::ReadWhatIsHere() {
  const Result<void> read = co_await healer_.ReadAll(work_->topology, work_->reading);
  if (read) co_return true;
  // Then the list itself cannot be read.
  if (read.error().code() == ErrorCode::kCorrupt) node_.GiveUpStore(read.error().message());
  Complain(work_->self, read.error());
  co_return false;
}

async::Task<Deadline> Puller::Advance() {
  const bool is_read = co_await ReadWhatIsHere();
  std::vector<async::Task<void>> passes;
  for (const PullSchedule::Pass& pass : work_->schedule.NextPasses(work_->failed)) {
    passes.push_back(RunPass(pass));
  }
  const bool none = passes.empty();
  const std::uint64_t failures = work_->failures;
  if (none && !work_->schedule.IsComplete() && !std::exchange(work_->waits, true)) {
    Log(Level::kWarning,
        "too few complete nodes of some slots are left to pull from: start or repair them, or give "
        "the dead ones up with admin remove --dead --accept-loss",
        {{"plan", work_->plan}, {"slots", work_->schedule.slots() - work_->schedule.slots_done()}});
  }
  co_await async::RunAll(std::move(passes));
  ShowProgress();
  if (!work_->schedule.IsComplete() || !is_read) {
    const bool wait = none || work_->failures > failures || !is_read;
    co_return Deadline::After(wait ? options_.retry_after : std::chrono::milliseconds(0));
  }
  const Result<void> told = work_->plan == 0 ? co_await TellComplete() : co_await TellReady();
  work_->told = told.has_value();
  if (told) {
    Log(Level::kInfo, "everything is here",
        {{"plan", work_->plan},
         {"files", work_->moved.files},
         {"bytes", std::uint64_t{work_->moved.bytes}}});
    co_return Deadline::Never();
  }
  Log(Level::kWarning, "could not tell that everything is here: trying again",
      {{"why", told.error().message()}});
  co_return Deadline::After(options_.retry_after);
}

async::Task<void> Puller::RunPass(PullSchedule::Pass pass) {
  Result<void> walked;
  // What is here is here, and nothing of an older epoch is under way under this one.
  if (pass.source != work_->self) {
    walked = co_await fetcher_.FetchSlots(
        {.topology = work_->topology, .self = work_->self, .source = pass.source}, pass.slots,
        [this](const topology::Moved& moved) { CountMoved(moved); });
  }
  if (walked) {
    work_->schedule.Done(pass);
    ShowProgress();
    co_return;
  }
  work_->failed.insert_or_assign(pass.source, SteadyClock::now());
  ++work_->failures;
  Complain(pass.source, walked.error());
}

void Puller::Complain(NodeIndex source, const Error& error) {
  if (error.code() == ErrorCode::kAborted) return;
  std::string& complaint = work_->complaints[source];
  if (std::exchange(complaint, error.message()) == complaint) return;
  const bool own = source == work_->self;
  Log(Level::kWarning,
      own ? "what is here already is not known to be whole yet: trying again"
          : "not all that a content node has could be copied here: trying again",
      {{"from", work_->topology->members[source].address}, {"why", error.message()}});
}

// Durable already is all that it says, so nothing is compared: under a plan that is over it says
// nothing.
async::Task<Result<void>> Puller::TellReady() {
  const migration::ReadyRecord record{.starts = node_.state()->starts, .moved = work_->moved};
  coordination::Txn txn{
      .compares = {},
      .then = {Operation::Put(migration::ReadyKey(work_->plan, node_.state()->node),
                              migration::Encode(record))}};
  TT_CO_RETURN_IF_ERROR(co_await coordination_.Commit(std::move(txn), Soon()));
  co_return Result<void>();
}

async::Task<Result<void>> Puller::TellComplete() {
  TT_CO_ASSIGN_OR_RETURN(const TopologyPointer current, co_await topologies_.Load(Soon()));
  if (!current || !work_->IsSameJob(*current, 0)) {
    co_return Fail(ErrorCode::kAborted, "the topology has changed");
  }
  TT_CO_ASSIGN_OR_RETURN(Topology next, topology::MarkComplete(*current, node_.state()->node));
  TT_CO_RETURN_IF_ERROR(co_await topologies_.Replace(*current, std::move(next), Soon()));
  co_return Result<void>();
}

}  // namespace tritontube::storage_node
