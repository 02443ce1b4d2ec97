#include "domain/replication/owed_copies.h"

#include <algorithm>

#include "domain/replication/read_race.h"
#include "foundation/async/task_group.h"

namespace tritontube::replication {

namespace {

// Few, because whoever watches or uploads goes first.
constexpr std::size_t kCopiesAtOnce = 4;
// How long a suspect node is left alone before it is looked whether it is one still.
constexpr std::chrono::milliseconds kLookInterval{250};
// What a read of unknown size may take.
constexpr std::size_t kBlobBytes = std::size_t{8} << 20U;

}  // namespace

OwedCopies::OwedCopies(Nodes& nodes, Epochs& epochs, async::Semaphore& bytes_in_flight,
                       const Clock& clock, const ClusterOptions& options, ClusterCounters& counters)
    : nodes_(nodes),
      epochs_(epochs),
      bytes_in_flight_(bytes_in_flight),
      clock_(clock),
      options_(options),
      counters_(counters),
      queue_({.per_node_max = options.owed_per_node_max,
              .delay_min = options.repair_delay_min,
              .delay_max = options.repair_delay_max}) {}

void OwedCopies::Add(OwedCopy copy) {
  {
    const std::lock_guard lock(mutex_);
    counters_.dropped += queue_.Add(std::move(copy));
  }
  added_.Notify();
}

std::size_t OwedCopies::size() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + under_way_;
}

async::Task<void> OwedCopies::Run() {
  while (!co_await async::IsCancelled()) {
    const auto seen = added_.count();
    std::vector<async::Task<void>> repairs;
    for (OwedCopy& copy : TakeSome()) repairs.push_back(Repair(std::move(copy)));
    if (repairs.empty()) {
      co_await added_.WaitBeyond(seen, NextLook());
    } else {
      co_await async::RunAll(std::move(repairs));
    }
  }
}

std::vector<OwedCopy> OwedCopies::TakeSome() {
  const std::vector<NodeId> suspects = nodes_.suspects();
  if (const TopologyPointer topology = epochs_.snapshot()) Retain(*topology);
  const std::lock_guard lock(mutex_);
  std::vector<OwedCopy> taken =
      queue_.Take(kCopiesAtOnce, {suspects.begin(), suspects.end()}, clock_.SteadyNow());
  under_way_ = taken.size();
  return taken;
}

void OwedCopies::Retain(const topology::Topology& topology) {
  std::set<NodeId> members;
  for (const topology::Member& member : topology.members) members.insert(member.id);
  const std::lock_guard lock(mutex_);
  queue_.Retain(members);
}

Deadline OwedCopies::NextLook() const {
  const std::lock_guard lock(mutex_);
  const std::optional<SteadyTime> next = queue_.NextTry();
  if (!next) return Deadline::Never();
  return Deadline::At(std::max(*next, Deadline::After(kLookInterval).time()));
}

async::Task<void> OwedCopies::Repair(OwedCopy copy) {
  const Deadline deadline = Deadline::After(options_.call_time_max);
  Result<void> settled;
  const Result<TopologyPointer> topology = co_await epochs_.Current(deadline);
  if (topology) settled = co_await Settle(copy, **topology, deadline);
  if (!settled && settled.error().code() == ErrorCode::kAborted) {
    Ignore(co_await epochs_.Newer((*topology)->epoch, deadline), "the next try asks again");
  }
  const bool done = topology && settled;
  const std::lock_guard lock(mutex_);
  --under_way_;
  if (done) {
    queue_.Succeeded(copy.node);
  } else {
    queue_.Failed(copy.node, clock_.SteadyNow());
    counters_.dropped += queue_.Add(std::move(copy));
  }
  added_.Notify();
}

async::Task<Result<void>> OwedCopies::Settle(const OwedCopy& copy,
                                             const topology::Topology& topology,
                                             Deadline deadline) {
  const std::vector<const topology::Member*> replicas = ReplicasOf(topology, copy.key);
  const auto node = std::ranges::find(replicas, copy.node,
                                      [](const topology::Member* member) { return member->id; });
  if (node == replicas.end()) co_return Result<void>{};
  const Result<ReadAnswer> there = co_await nodes_.Read(
      TargetOf(topology, **node), {.key = copy.key, .what = ReadRequest::What::kStat}, deadline);
  const ErrorCode code = there ? ErrorCode{} : there.error().code();
  if (there && !copy.damaged) co_return Result<void>{};
  const bool missing = code == ErrorCode::kNotFound;
  // An incomplete node says of nothing that it is missing.
  const bool maybe_missing = (*node)->incomplete && code == ErrorCode::kUnavailable;
  if (!there && !missing && !maybe_missing && code != ErrorCode::kCorrupt) {
    co_return std::unexpected(there.error());
  }
  co_return co_await CopyTo(**node, missing, copy.key, topology, deadline);
}

async::Task<Result<void>> OwedCopies::CopyTo(const topology::Member& node, bool missing,
                                             blob::BlobKey key, const topology::Topology& topology,
                                             Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const async::Semaphore::Permit permit,
                         co_await bytes_in_flight_.Acquire(
                             std::min(kBlobBytes, bytes_in_flight_.capacity()), deadline));
  ReadRace race(nodes_, options_, counters_, topology, {.key = key}, deadline);
  race.LeaveOut(node.id);
  if (missing) race.CountMiss(node);
  Result<ReadAnswer> source = co_await race.Run();
  // Removed meanwhile, or never acknowledged.
  if (!source && source.error().code() == ErrorCode::kNotFound) co_return Result<void>{};
  if (!source) co_return std::unexpected(std::move(source).error());

  std::vector<blob::Blob> batch;
  batch.push_back({.key = std::move(key), .bytes = std::move(source->bytes)});
  Result<void> put = co_await nodes_.Put(TargetOf(topology, node), std::move(batch), deadline);
  if (!put && put.error().code() == ErrorCode::kAlreadyExists) {
    ++counters_.conflicts;
    co_return Result<void>{};
  }
  if (!put) co_return std::unexpected(std::move(put).error());
  ++counters_.repaired;
  co_return Result<void>{};
}

}  // namespace tritontube::replication
