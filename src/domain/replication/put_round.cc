#include "domain/replication/put_round.h"

#include <algorithm>

#include "foundation/async/sleep.h"

namespace tritontube::replication {

async::Task<void> PutRound::Run() {
  co_await PutUnderEveryEpoch();
  batch_.clear();
  permit_.Release();
}

async::Task<void> PutRound::PutUnderEveryEpoch() {
  Result<TopologyPointer> topology = co_await parts_.epochs.Current(deadline_);
  const Deadline retries = deadline_.EarlierOf(Deadline::After(parts_.options.retry_time));
  while (topology) {
    const Outcome outcome = co_await PutUnder(**topology, retries);
    if (outcome == Outcome::kDecided) co_return;
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled || decided()) {
      Decide(Fail(ErrorCode::kCancelled, "the work was stopped"));
      co_return;
    }
    if (outcome == Outcome::kTooFewNodes) {
      co_await async::Sleep(parts_.options.retry_pause);
    } else {
      topology = co_await parts_.epochs.Newer((*topology)->epoch, deadline_);
    }
  }
  Decide(std::unexpected(std::move(topology).error()));
}

async::Task<PutRound::Outcome> PutRound::PutUnder(const topology::Topology& topology,
                                                  Deadline retries) {
  Attempt attempt{.topology = topology, .tally = PutTally(topology, batch_), .calls = {}};
  for (PutCall& plan : PlanPut(topology, batch_, parts_.options.call_bytes_max)) {
    attempt.calls.push_back({.plan = std::move(plan)});
  }
  async::TaskGroup group(co_await async::asio::this_coro::executor);
  for (Call& call : attempt.calls) group.Spawn(Send(attempt, call));

  Result<void> verdict = co_await Verdict(attempt);
  const bool acknowledged = verdict.has_value();
  const Outcome outcome = OutcomeOf(verdict, retries);
  if (outcome == Outcome::kDecided) Decide(std::move(verdict));
  if (acknowledged) co_await Tail(attempt);
  co_await group.Stop();
  if (acknowledged) OweTheRest(attempt);
  co_return outcome;
}

PutRound::Outcome PutRound::OutcomeOf(const Result<void>& verdict, Deadline retries) {
  if (verdict) return Outcome::kDecided;
  if (verdict.error().code() == ErrorCode::kAborted) return Outcome::kStaleEpoch;
  const bool may_pass = verdict.error().code() == ErrorCode::kUnavailable;
  return may_pass && !retries.HasPassed() ? Outcome::kTooFewNodes : Outcome::kDecided;
}

async::Task<Result<void>> PutRound::Verdict(const Attempt& attempt) {
  for (;;) {
    const auto seen = happened_.count();
    std::optional<Result<void>> verdict = attempt.tally.verdict();
    const bool too_late = deadline_.HasPassed();
    if (verdict && (verdict->has_value() || !too_late)) co_return *std::move(verdict);
    if (too_late) {
      co_return Fail(ErrorCode::kDeadlineExceeded,
                     "too few content nodes answered within the time allowed");
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled || decided()) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    co_await happened_.WaitBeyond(seen, deadline_);
  }
}

async::Task<void> PutRound::Send(Attempt& attempt, Call& call) {
  std::vector<blob::Blob> blobs;
  blobs.reserve(call.plan.blobs.size());
  for (const std::size_t place : call.plan.blobs) blobs.push_back(batch_[place]);
  const Result<void> answer = co_await parts_.nodes.Put(TargetOf(attempt.topology, *call.plan.node),
                                                        std::move(blobs), deadline_);
  call.ended = true;
  call.acked = answer.has_value();
  if (answer) {
    attempt.tally.Acked(call.plan);
  } else {
    if (answer.error().code() == ErrorCode::kAlreadyExists) ++parts_.counters.conflicts;
    attempt.tally.Failed(call.plan, answer.error());
  }
  happened_.Notify();
}

async::Task<void> PutRound::Tail(const Attempt& attempt) {
  const Deadline end = Deadline::After(parts_.options.tail_time);
  for (;;) {
    const auto seen = happened_.count();
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled || end.HasPassed() || !AwaitsSomebody(attempt)) co_return;
    co_await happened_.WaitBeyond(seen, end);
  }
}

bool PutRound::AwaitsSomebody(const Attempt& attempt) const {
  return std::ranges::any_of(attempt.calls, [&](const Call& call) {
    return !call.ended && !parts_.nodes.IsSuspect(call.plan.node->id);
  });
}

void PutRound::OweTheRest(const Attempt& attempt) {
  for (const Call& call : attempt.calls) {
    if (call.acked) continue;
    for (const std::size_t place : call.plan.blobs) {
      parts_.owed.Add({.node = call.plan.node->id, .key = batch_[place].key});
    }
  }
}

async::Task<Result<void>> PutRound::Answer() {
  for (;;) {
    const auto seen = happened_.count();
    {
      const std::lock_guard lock(mutex_);
      if (answer_) co_return *answer_;
    }
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) Decide(Fail(ErrorCode::kCancelled, "the work was stopped"));
    // The round itself ends at the deadline.
    if (!cancelled) co_await happened_.WaitBeyond(seen, Deadline::Never());
  }
}

void PutRound::Decide(Result<void> answer) {
  {
    const std::lock_guard lock(mutex_);
    if (answer_) return;
    answer_ = std::move(answer);
  }
  happened_.Notify();
}

bool PutRound::decided() const {
  const std::lock_guard lock(mutex_);
  return answer_.has_value();
}

}  // namespace tritontube::replication
