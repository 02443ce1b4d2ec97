#include "core/coordination/model_coordination.h"

#include "foundation/async/sleep.h"

namespace tritontube::coordination {

namespace {

// The fault in the answer of a call that has done what it was asked to.
template <typename T>
Result<T> End(const std::optional<Fault>& fault, Result<T> answer) {
  if (fault && fault->kind == Fault::Kind::kUnknownAfter) {
    return Fail(ErrorCode::kOutcomeUnknown, "the connection broke before the answer came");
  }
  return answer;
}

Revision RevisionsBehind(const std::optional<Fault>& fault) { return fault ? fault->revisions : 0; }

async::Task<Result<void>> CheckWanted(Deadline deadline) {
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  if (deadline.HasPassed()) {
    co_return Fail(ErrorCode::kDeadlineExceeded, "no answer within the time allowed");
  }
  co_return Result<void>();
}

}  // namespace

ModelCoordination::ModelCoordination(const Clock& clock, ModelOptions options)
    : clock_(clock), options_(options), state_(options.history_max) {}

void ModelCoordination::AddFault(Call call, const Fault& fault, int skip) {
  const std::lock_guard lock(mutex_);
  script_.Add(call, fault, skip);
}

std::optional<Fault> ModelCoordination::TakeFault(Call call) {
  const std::lock_guard lock(mutex_);
  return script_.Take(call);
}

template <typename Action>
std::invoke_result_t<Action, ModelState&> ModelCoordination::Act(Action action) {
  std::unique_lock lock(mutex_);
  const Revision revision = state_.revision();
  const auto lease_end = state_.next_lease_end();
  state_.EndDueLeases(clock_.SteadyNow());
  auto answer = action(state_);
  const bool changed = state_.revision() != revision || state_.next_lease_end() != lease_end;
  lock.unlock();
  if (changed) changed_.Notify();
  return answer;
}

std::optional<KeyValue> ModelCoordination::Peek(std::string_view key, Revision behind) {
  const std::lock_guard lock(mutex_);
  const Result<GetAnswer> answer = state_.Get(key, behind);
  return answer ? answer->item : std::nullopt;
}

void ModelCoordination::ForgetHistory() {
  Act([](ModelState& state) {
    state.Compact(state.revision());
    return true;
  });
}

void ModelCoordination::EndDueLeases() {
  Act([](ModelState& /*state*/) { return true; });
}

void ModelCoordination::EndLeases(LeaseId lease) {
  Act([&](ModelState& state) {
    if (lease == kNoLease) {
      state.EndAllLeases();
    } else {
      state.EndLease(lease);
    }
    return true;
  });
}

async::Task<Result<std::optional<Fault>>> ModelCoordination::Begin(Call call, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await CheckWanted(deadline));
  std::optional<Fault> fault = TakeFault(call);
  if (!fault) co_return fault;
  switch (fault->kind) {
    case Fault::Kind::kError:
      co_return Fail(fault->code, "the script says so");
    case Fault::Kind::kUnknownBefore:
      co_return Fail(ErrorCode::kOutcomeUnknown, "the connection broke after the request was sent");
    case Fault::Kind::kDelay:
      co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(fault->delay)));
      TT_CO_RETURN_IF_ERROR(co_await CheckWanted(deadline));
      break;
    case Fault::Kind::kEndLeases:
      EndLeases(fault->lease);
      break;
    default:
      break;
  }
  co_return fault;
}

async::Task<Result<GetAnswer>> ModelCoordination::Get(std::string key, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto fault, co_await Begin(Call::kGet, deadline));
  co_return Act([&](ModelState& state) { return state.Get(key, RevisionsBehind(fault)); });
}

async::Task<Result<RangePage>> ModelCoordination::Range(RangeRequest request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto fault, co_await Begin(Call::kRange, deadline));
  co_return Act([&](ModelState& state) { return state.Range(request, RevisionsBehind(fault)); });
}

async::Task<Result<TxnAnswer>> ModelCoordination::Commit(Txn txn, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto fault, co_await Begin(Call::kCommit, deadline));
  co_return End(fault,
                Act([&](ModelState& state) { return state.Commit(txn, clock_.SteadyNow()); }));
}

async::Task<Result<LeaseId>> ModelCoordination::GrantLease(std::chrono::milliseconds ttl,
                                                           Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto fault, co_await Begin(Call::kGrantLease, deadline));
  co_return End(fault,
                Act([&](ModelState& state) { return state.GrantLease(ttl, clock_.SteadyNow()); }));
}

async::Task<Result<void>> ModelCoordination::RenewLease(LeaseId lease, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto fault, co_await Begin(Call::kRenewLease, deadline));
  co_return End(
      fault, Act([&](ModelState& state) { return state.RenewLease(lease, clock_.SteadyNow()); }));
}

async::Task<Result<void>> ModelCoordination::RevokeLease(LeaseId lease, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto fault, co_await Begin(Call::kRevokeLease, deadline));
  co_return End(fault, Act([&](ModelState& state) {
                  state.EndLease(lease);
                  return Result<void>();
                }));
}

class ModelWatch final : public Watch {
 public:
  ModelWatch(ModelCoordination& engine, std::string prefix, Revision after)
      : engine_(engine), prefix_(std::move(prefix)), told_(after) {}

  async::Task<Result<WatchBatch>> Next(Deadline deadline) override {
    for (;;) {
      const bool cancelled = co_await async::IsCancelled();
      if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
      const std::uint64_t seen = engine_.changed_.count();
      TT_CO_ASSIGN_OR_RETURN(WatchBatch batch, Look());
      if (!batch.events.empty()) {
        const std::optional<Fault> fault = engine_.TakeFault(Call::kWatch);
        if (!fault) co_return Tell(std::move(batch));
        if (fault->kind == Fault::Kind::kError) co_return Fail(fault->code, "the script says so");
        if (fault->kind == Fault::Kind::kRepeatEvents) co_return batch;
        if (fault->kind == Fault::Kind::kLoseEvents) told_ = batch.revision;
        if (fault->kind == Fault::Kind::kEndLeases) engine_.EndLeases(fault->lease);
        if (fault->kind == Fault::Kind::kDelay) {
          co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(fault->delay)));
        }
        continue;
      }
      if (deadline.HasPassed()) co_return Tell(std::move(batch));
      co_await engine_.changed_.WaitBeyond(seen, deadline.EarlierOf(NextLeaseEnd()));
    }
  }

 private:
  Result<WatchBatch> Look() const {
    return engine_.Act([this](ModelState& state) {
      return state.EventsAfter(prefix_, told_, engine_.options_.watch_events_max);
    });
  }

  WatchBatch Tell(WatchBatch batch) {
    told_ = batch.revision;
    return batch;
  }

  // A lease that ends is an event that nobody announces.
  Deadline NextLeaseEnd() const {
    const auto end = engine_.Act([](ModelState& state) { return state.next_lease_end(); });
    return end ? Deadline::After(*end - engine_.clock_.SteadyNow()) : Deadline::Never();
  }

  ModelCoordination& engine_;
  const std::string prefix_;
  Revision told_;
};

std::unique_ptr<Watch> ModelCoordination::WatchPrefix(std::string prefix, Revision after) {
  return std::make_unique<ModelWatch>(*this, std::move(prefix), after);
}

}  // namespace tritontube::coordination
