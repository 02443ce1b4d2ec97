#include "services/storage_node/puller.h"

#include <algorithm>

#include "domain/migration/ready_record.h"
#include "domain/replication/nodes.h"
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

constexpr int kAttemptsForAPage = 3;

// Nobody can give it: it is gone, or was rotten everywhere before.
bool IsNowhere(const Error& error) {
  return error.code() == ErrorCode::kNotFound || error.code() == ErrorCode::kCorrupt;
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
      client_(client),
      coordination_(coordination),
      topologies_(topologies),
      options_(options),
      bytes_in_flight_(options.bytes_in_flight_max),
      window_(options.fetches_max) {}

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
  work_.emplace(Work{.topology = std::move(topology),
                     .self = self,
                     .plan = plan,
                     .schedule = PullSchedule(std::move(wants))});
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

async::Task<Deadline> Puller::Advance() {
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
  if (!work_->schedule.IsComplete()) {
    const bool wait = none || work_->failures > failures;
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
  if (pass.source != work_->self) walked = co_await Walk(pass);
  if (walked) {
    work_->schedule.Done(pass);
    ShowProgress();
    co_return;
  }
  work_->failed.insert_or_assign(pass.source, SteadyClock::now());
  ++work_->failures;
  if (walked.error().code() == ErrorCode::kAborted) co_return;
  std::string& complaint = work_->complaints[pass.source];
  if (std::exchange(complaint, walked.error().message()) == complaint) co_return;
  Log(Level::kWarning, "a content node does not give all that it has: trying again",
      {{"address", work_->topology->members[pass.source].address},
       {"why", walked.error().message()}});
}

async::Task<Result<void>> Puller::Walk(const PullSchedule::Pass& pass) {
  replication::SlotScanRequest request{
      .slots = pass.slots, .after = {}, .limit = options_.page_items};
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(replication::SlotScanPage page,
                           co_await AskForPage(pass.source, request));
    TT_CO_ASSIGN_OR_RETURN(std::vector<blob::ScanItem> missing,
                           co_await Missing(std::move(page.items)));
    TT_CO_RETURN_IF_ERROR(co_await FetchAll(pass.source, std::move(missing)));
    if (!IsCurrent()) co_return Fail(ErrorCode::kAborted, "the topology has changed");
    if (!page.more) co_return Result<void>();
    request.after = std::move(page.last);
  }
}

// Whoever has begun to give is asked for the same page again, or a long walk over a bad line would
// begin from the start each time and never end.
async::Task<Result<replication::SlotScanPage>> Puller::AskForPage(
    NodeIndex source, const replication::SlotScanRequest& request) {
  const int attempts = request.after ? kAttemptsForAPage : 1;
  for (int i = 1;; ++i) {
    Result<replication::SlotScanPage> page =
        co_await client_.ScanSlots(TargetOf(source), request, Soon());
    const bool lost = !page && page.error().code() == ErrorCode::kDeadlineExceeded;
    const bool cancelled = co_await async::IsCancelled();
    if (!lost || cancelled || i >= attempts || !IsCurrent()) co_return page;
  }
}

async::Task<Result<std::vector<blob::ScanItem>>> Puller::Missing(
    std::vector<blob::ScanItem> items) {
  std::vector<blob::ScanItem> missing;
  for (blob::ScanItem& item : items) {
    const Result<blob::BlobStat> here = co_await node_.store().Stat(item.key, Soon());
    if (here) continue;
    if (!IsNowhere(here.error())) co_return std::unexpected(here.error());
    missing.push_back(std::move(item));
  }
  co_return missing;
}

async::Task<Result<void>> Puller::FetchAll(NodeIndex source, std::vector<blob::ScanItem> items) {
  std::vector<Result<void>> results(items.size());
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  const auto failed = [&] {
    return std::ranges::any_of(results, [](const Result<void>& result) { return !result; });
  };
  for (std::size_t i = 0; i < items.size() && !failed() && IsCurrent(); ++i) {
    for (;;) {
      const auto seen = fetched_.count();
      const bool cancelled = co_await async::IsCancelled();
      if (cancelled || fetching_ < window_.size()) break;
      co_await fetched_.WaitBeyond(seen, Deadline::Never());
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) break;
    ++fetching_;
    if (!group.Spawn(FetchInto(source, std::move(items[i]), results[i]))) --fetching_;
  }
  co_await group.JoinOrStop();
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  const auto failure =
      std::ranges::find_if(results, [](const Result<void>& result) { return !result; });
  co_return failure == results.end() ? Result<void>() : *failure;
}

// The window is for what others notice; what is fetched waits here for its turn on the disk, within
// the bytes that may be in flight.
async::Task<void> Puller::FetchInto(NodeIndex source, blob::ScanItem item, Result<void>& result) {
  Result<async::Semaphore::Permit> permit = co_await bytes_in_flight_.Acquire(
      std::min<ByteCount>(item.stat.size, bytes_in_flight_.capacity()), Soon());
  Result<std::optional<blob::Bytes>> bytes;
  if (permit) {
    bytes = co_await Fetch(source, item);
  } else {
    bytes = std::unexpected(permit.error());
  }
  --fetching_;
  fetched_.Notify();
  if (!bytes) {
    result = std::unexpected(bytes.error());
  } else if (*bytes) {
    result = co_await Store(std::move(item), **std::move(bytes));
  }
}

// Nothing when nobody has it any more.
async::Task<Result<std::optional<blob::Bytes>>> Puller::Fetch(NodeIndex source,
                                                              const blob::ScanItem& item) {
  const SteadyTime began = SteadyClock::now();
  Result<blob::Bytes> bytes = co_await Read(source, item);
  if (bytes) window_.Took(item.stat.size, SteadyClock::now() - began);
  if (!bytes && bytes.error().code() == ErrorCode::kNotFound) co_return std::nullopt;
  if (!bytes) bytes = co_await ReadElsewhere(source, item, std::move(bytes).error());
  if (!bytes && IsNowhere(bytes.error())) {
    Log(Level::kWarning, "a blob is damaged where it is, and nowhere else: it is left there",
        {{"blob", blob::ToText(item.key)}});
    co_return std::nullopt;
  }
  if (!bytes) co_return std::unexpected(bytes.error());
  co_return *std::move(bytes);
}

async::Task<Result<blob::Bytes>> Puller::Read(NodeIndex from, const blob::ScanItem& item) {
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes bytes,
                         co_await client_.Get(TargetOf(from), item.key, std::nullopt, Soon()));
  if (bytes.size() != item.stat.size || blob::DigestOf(bytes) != item.stat.digest) {
    co_return Fail(ErrorCode::kCorrupt, "{} is not what it was listed as", blob::ToText(item.key));
  }
  co_return bytes;
}

// After the source has failed. That nobody gives it is said only when all have answered, the source
// too.
async::Task<Result<blob::Bytes>> Puller::ReadElsewhere(NodeIndex source, const blob::ScanItem& item,
                                                       Error failure) {
  std::optional<Error> silent;
  if (!IsNowhere(failure)) silent = std::move(failure);
  for (const NodeIndex other : topology::KeepersOf(*work_->topology, placement::SlotOf(item.key))) {
    if (other == source || other == work_->self) continue;
    if (topology::IsGivenUp(*work_->topology, other)) continue;
    Result<blob::Bytes> bytes = co_await Read(other, item);
    if (bytes) co_return bytes;
    if (!IsNowhere(bytes.error())) silent = bytes.error();
  }
  if (silent) co_return std::unexpected(*silent);
  co_return Fail(ErrorCode::kCorrupt, "nobody gives {}", blob::ToText(item.key));
}

// Whoever comes while others are being stored waits for them, and then all that wait are stored
// together: a sync costs as much for one blob as for many.
async::Task<Result<void>> Puller::Store(blob::ScanItem item, blob::Bytes bytes) {
  const auto mine = std::make_shared<Fetched>(Fetched{.item = std::move(item), .bytes = bytes});
  fetched_blobs_.push_back(mine);
  for (;;) {
    const auto seen = stored_.count();
    if (mine->stored) co_return *mine->stored;
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    if (!std::exchange(storing_, true)) {
      co_await StoreSome();
      storing_ = false;
      stored_.Notify();
    } else {
      co_await stored_.WaitBeyond(seen, Deadline::Never());
    }
  }
}

async::Task<void> Puller::StoreSome() {
  std::vector<std::shared_ptr<Fetched>> taken;
  std::vector<blob::Blob> batch;
  ByteCount bytes = 0;
  while (!fetched_blobs_.empty() && (batch.empty() || bytes < options_.batch_bytes)) {
    taken.push_back(std::move(fetched_blobs_.front()));
    fetched_blobs_.pop_front();
    batch.push_back({.key = taken.back()->item.key, .bytes = taken.back()->bytes});
    bytes += taken.back()->bytes.size();
  }
  const Result<void> stored =
      co_await node_.StoreOwn(work_->topology->epoch, std::move(batch), Soon());
  const bool conflict = !stored && stored.error().code() == ErrorCode::kAlreadyExists;
  for (const std::shared_ptr<Fetched>& one : taken) {
    one->stored = conflict ? co_await StoreAlone(*one) : stored;
    if (!*one->stored || one->was_there) continue;
    ++work_->moved.files;
    work_->moved.bytes += one->item.stat.size;
  }
  ShowProgress();
}

// One of several is there with other bytes.
async::Task<Result<void>> Puller::StoreAlone(Fetched& one) {
  std::vector<blob::Blob> batch;
  batch.push_back({.key = one.item.key, .bytes = one.bytes});
  Result<void> stored = co_await node_.StoreOwn(work_->topology->epoch, std::move(batch), Soon());
  // The bytes of a put that failed are here, or come from there: no key is put again with others.
  one.was_there = !stored && stored.error().code() == ErrorCode::kAlreadyExists;
  if (one.was_there) co_return Result<void>();
  co_return stored;
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

replication::Target Puller::TargetOf(NodeIndex node) const {
  return replication::TargetOf(*work_->topology, work_->topology->members[node]);
}

}  // namespace tritontube::storage_node
