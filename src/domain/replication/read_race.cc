#include "domain/replication/read_race.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace tritontube::replication {

namespace {

// Those first that should be fastest; who still pulls the slot comes last.
std::vector<const topology::Member*> InOrder(const Nodes& nodes, const topology::Topology& topology,
                                             placement::Slot slot) {
  std::vector<NodeId> ids;
  std::vector<const topology::Member*> keepers;
  std::vector<const topology::Member*> pulling;
  for (const topology::NodeIndex index : topology::KeepersOf(topology, slot)) {
    const topology::Member* const member = &topology.members[index];
    if (topology::MayDeny(topology, slot, index)) {
      ids.push_back(member->id);
      keepers.push_back(member);
    } else {
      pulling.push_back(member);
    }
  }
  std::vector<const topology::Member*> order;
  for (const std::size_t place : nodes.Order(ids)) order.push_back(keepers[place]);
  order.insert(order.end(), pulling.begin(), pulling.end());
  return order;
}

bool IsPulling(const topology::Topology& topology, placement::Slot slot,
               const topology::Member& node) {
  const auto index = topology::IndexOf(topology, node.id);
  return index && topology::HasToPull(topology, slot, *index);
}

}  // namespace

ReadRace::ReadRace(Nodes& nodes, const ClusterOptions& options, ClusterCounters& counters,
                   const topology::Topology& topology, ReadRequest request, Deadline deadline)
    : nodes_(nodes),
      options_(options),
      counters_(counters),
      topology_(topology),
      request_(std::move(request)),
      deadline_(deadline),
      slot_(placement::SlotOf(request_.key)),
      order_(InOrder(nodes, topology, slot_)),
      denials_(topology, slot_) {}

void ReadRace::LeaveOut(const NodeId& node) {
  std::erase_if(order_, [&](const topology::Member* replica) { return replica->id == node; });
}

async::Task<Result<ReadAnswer>> ReadRace::Run() {
  nodes_.EarnHedge();
  async::TaskGroup calls(co_await async::asio::this_coro::executor);
  Result<ReadAnswer> answer = co_await Race(calls);
  co_await calls.Stop();
  co_return answer;
}

async::Task<Result<ReadAnswer>> ReadRace::Race(async::TaskGroup& calls) {
  for (;;) {
    const auto seen = happened_.count();
    if (answer_) co_return *std::move(answer_);
    if (deadline_.HasPassed()) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "reading {}: no replica answered in time",
                     blob::ToText(request_.key));
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    AskMore(calls);
    if (failed_ == order_.size()) co_return std::unexpected(Verdict());
    co_await happened_.WaitBeyond(seen, NextLook());
  }
}

void ReadRace::AskMore(async::TaskGroup& calls) {
  while (asked_ < order_.size()) {
    if (asked_ == 0) {
      Ask(calls);
    } else if (replaced_ < failed_) {
      ++replaced_;
      ++counters_.failed_over;
      Ask(calls);
    } else if (patience_until_.HasPassed() || (hedge_at_.HasPassed() && MayHedge())) {
      ++counters_.hedged;
      Ask(calls);
    } else {
      return;
    }
  }
}

bool ReadRace::MayHedge() {
  hedge_refused_ = hedge_refused_ || !nodes_.TrySpendHedge();
  return !hedge_refused_;
}

Deadline ReadRace::NextLook() const {
  if (asked_ == order_.size()) return deadline_;
  const Deadline next = hedge_refused_ ? patience_until_ : hedge_at_.EarlierOf(patience_until_);
  return deadline_.EarlierOf(next);
}

void ReadRace::Ask(async::TaskGroup& calls) {
  hedge_refused_ = false;
  hedge_at_ = Deadline::After(nodes_.HedgeDelay());
  patience_until_ = Deadline::After(options_.patience);
  calls.Spawn(Call(*order_[asked_++]));
}

async::Task<void> ReadRace::Call(const topology::Member& node) {
  Result<ReadAnswer> answer = co_await nodes_.Read(TargetOf(topology_, node), request_, deadline_);
  if (!answer_) Take(node, std::move(answer));
  happened_.Notify();
}

void ReadRace::Take(const topology::Member& node, Result<ReadAnswer> answer) {
  const ErrorCode code = answer ? ErrorCode{} : answer.error().code();
  if (answer || code == ErrorCode::kOutOfRange) {
    answer_ = std::move(answer);
    return;
  }
  ++failed_;
  // Whoever has the blob gives it at any epoch; only that nobody has it is not to be believed now.
  if (code == ErrorCode::kAborted) is_stale_ = true;
  causes_.push_back(fmt::format("{}: {}", node.address, answer.error().message()));
  if (code == ErrorCode::kCorrupt) corrupt_ = true;
  if (code == ErrorCode::kNotFound) denials_.Add(node);
  const bool lacks = code == ErrorCode::kNotFound && !IsPulling(topology_, slot_, node);
  if (code == ErrorCode::kCorrupt || lacks) {
    lacking_.push_back(
        {.node = node.id, .key = request_.key, .damaged = code == ErrorCode::kCorrupt});
  }
  if (!is_stale_ && denials_.enough()) {
    answer_ = std::unexpected(Verdict());
  }
}

Error ReadRace::Verdict() const {
  const std::string key = blob::ToText(request_.key);
  if (is_stale_) {
    return {ErrorCode::kAborted, fmt::format("{} was looked for under an old epoch", key)};
  }
  if (denials_.enough()) {
    return {ErrorCode::kNotFound, fmt::format("{} is not stored", key)};
  }
  return {corrupt_ ? ErrorCode::kCorrupt : ErrorCode::kUnavailable,
          fmt::format("no replica gives {}: {}", key, fmt::join(causes_, "; "))};
}

}  // namespace tritontube::replication
