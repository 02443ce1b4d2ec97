#include "domain/topology/topology_store.h"

#include <algorithm>
#include <iterator>

#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"

namespace tritontube::topology {

using coordination::KeyValue;
using coordination::Operation;
using coordination::Revision;
using coordination::Txn;
using coordination::TxnAnswer;
using Snapshot = std::shared_ptr<const Topology>;

namespace {

constexpr std::string_view kKey = "topology";
constexpr std::chrono::seconds kReadAgainAfter{5};

Result<Snapshot> Read(const std::optional<KeyValue>& item) {
  if (!item) return nullptr;
  if (item->damaged) return Fail(ErrorCode::kCorrupt, "the stored topology is damaged");
  TT_ASSIGN_OR_RETURN(Topology topology, Decode(item->value));
  return std::make_shared<const Topology>(std::move(topology));
}

// Puts `value` if the key was last changed at `modified`; says what there is otherwise.
Txn PutOver(Revision modified, std::string value) {
  const std::string key(kKey);
  return {.compares = {{.key = key, .modified = modified}},
          .then = {Operation::Put(key, std::move(value))},
          .otherwise = {Operation::Get(key)}};
}

// Commits a transaction that may be tried again when nobody knows whether it happened: its compare
// fails when it did, and then it says what there is.
async::Task<Result<TxnAnswer>> CommitSurely(coordination::Coordination& coordination, Txn txn,
                                            Deadline deadline) {
  for (;;) {
    Result<TxnAnswer> answer = co_await coordination.Commit(txn, deadline);
    const bool unknown = !answer && answer.error().code() == ErrorCode::kOutcomeUnknown;
    const bool cancelled = co_await async::IsCancelled();
    if (!unknown || cancelled || deadline.HasPassed()) co_return answer;
  }
}

void WarnOnce(const Error& error, bool& warned) {
  if (std::exchange(warned, true)) return;
  telemetry::Log(telemetry::Level::kWarning, "the topology cannot be read: the last one stays",
                 {{"error", error.message()}});
}

}  // namespace

async::Task<Result<Snapshot>> TopologyStore::Load(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto answer,
                         co_await coordination_.Get(std::string(kKey), deadline));
  TT_CO_ASSIGN_OR_RETURN(Snapshot topology, Read(answer.item));
  Offer(topology);
  co_return topology;
}

async::Task<Result<Snapshot>> TopologyStore::LoadNewest(Deadline deadline) {
  while (!deadline.HasPassed() && !co_await async::IsCancelled()) {
    TT_CO_ASSIGN_OR_RETURN(const auto answer,
                           co_await coordination_.Get(std::string(kKey), deadline));
    TT_CO_ASSIGN_OR_RETURN(Snapshot topology, Read(answer.item));
    if (!topology) co_return nullptr;
    const Result<TxnAnswer> written =
        co_await coordination_.Commit(PutOver(answer.item->modified, answer.item->value), deadline);
    const bool unknown = !written && written.error().code() == ErrorCode::kOutcomeUnknown;
    if (!written && !unknown) co_return std::unexpected(written.error());
    if (unknown || !written->succeeded) continue;
    Offer(topology);
    co_return topology;
  }
  co_return Fail(ErrorCode::kDeadlineExceeded, "etcd did not tell the newest topology in time");
}

async::Task<Result<Snapshot>> TopologyStore::Create(Topology first, Deadline deadline) {
  Snapshot topology = std::make_shared<const Topology>(std::move(first));
  Txn create = PutOver(0, Encode(*topology));
  TT_CO_ASSIGN_OR_RETURN(const TxnAnswer answer,
                         co_await CommitSurely(coordination_, std::move(create), deadline));
  if (!answer.succeeded) {
    TT_CO_ASSIGN_OR_RETURN(topology, Read(answer.gets.front()));
  }
  Offer(topology);
  co_return topology;
}

async::Task<Result<Snapshot>> TopologyStore::Replace(const Topology& old, Topology next,
                                                     Deadline deadline, Guard guard) {
  TT_ASSERT(next.epoch == old.epoch + 1, "epoch {} after {}", next.epoch, old.epoch);
  Txn read{.compares = {}, .then = {Operation::Get(std::string(kKey))}};
  TT_CO_ASSIGN_OR_RETURN(const TxnAnswer before,
                         co_await CommitSurely(coordination_, std::move(read), deadline));
  const std::optional<KeyValue>& item = before.gets.front();
  TT_CO_ASSIGN_OR_RETURN(Snapshot found, Read(item));
  Offer(found);
  const auto changed = [&] {
    return Fail(ErrorCode::kAborted, "the topology has epoch {} and not {}",
                found ? found->epoch : 0, old.epoch);
  };
  if (!found || *found != old) co_return changed();

  Snapshot topology = std::make_shared<const Topology>(std::move(next));
  Txn put = PutOver(item->modified, Encode(*topology));
  std::ranges::move(guard.compares, std::back_inserter(put.compares));
  std::ranges::move(guard.also, std::back_inserter(put.then));
  TT_CO_ASSIGN_OR_RETURN(const TxnAnswer answer,
                         co_await CommitSurely(coordination_, std::move(put), deadline));
  if (!answer.succeeded) {
    TT_CO_ASSIGN_OR_RETURN(found, Read(answer.gets.front()));
    Offer(found);
    // Ours, when an answer was lost before.
    if (!found || *found != *topology) co_return changed();
  }
  Offer(topology);
  co_return topology;
}

void TopologyStore::Offer(Snapshot topology) {
  if (!topology) return;
  {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->epoch >= topology->epoch) return;
    current_ = std::move(topology);
  }
  changed_.Notify();
}

Snapshot TopologyStore::snapshot() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

async::Task<void> TopologyStore::Run() {
  bool warned = false;
  std::unique_ptr<coordination::Watch> watch;
  while (!co_await async::IsCancelled()) {
    const Deadline again = Deadline::After(kReadAgainAfter);
    const auto answer = co_await coordination_.Get(std::string(kKey), again);
    if (answer) {
      const Result<Snapshot> topology = Read(answer->item);
      if (topology) {
        Offer(*topology);
        warned = false;
      } else {
        WarnOnce(topology.error(), warned);
      }
      if (!watch) watch = coordination_.WatchPrefix(std::string(kKey), answer->revision);
    }
    if (!watch) {
      co_await async::SleepUntil(again);
      continue;
    }
    const auto batch = co_await watch->Next(again);
    if (batch) continue;
    watch.reset();
    if (batch.error().code() != ErrorCode::kOutOfRange) co_await async::SleepUntil(again);
  }
}

}  // namespace tritontube::topology
