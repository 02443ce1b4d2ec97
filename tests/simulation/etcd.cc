#include "simulation/etcd.h"

#include "simulation/teeth.h"

namespace tritontube::simulation {

using coordination::GetAnswer;
using coordination::LeaseId;
using coordination::RangePage;
using coordination::Revision;
using coordination::Txn;
using coordination::TxnAnswer;
using coordination::Watch;
using coordination::WatchBatch;

namespace {

std::unexpected<Error> CallerKilled() {
  return Fail(ErrorCode::kCancelled, "the process was killed");
}

// Tells nothing while its process cannot reach etcd; what happened meanwhile is told late or never.
class LateWatch final : public Watch {
 public:
  LateWatch(std::unique_ptr<Watch> engine, const Etcd& etcd, std::size_t caller, Pulse& pulse)
      : engine_(std::move(engine)), etcd_(etcd), caller_(caller), pulse_(pulse) {}

  async::Task<Result<WatchBatch>> Next(Deadline deadline) override {
    Result<WatchBatch> batch = co_await engine_->Next(deadline);
    if (!co_await pulse_.GoesOn()) co_return CallerKilled();
    if (!etcd_.IsOutFor(caller_) || !batch) co_return batch;
    co_await async::SleepUntil(deadline);
    if (!co_await pulse_.GoesOn()) co_return CallerKilled();
    co_return WatchBatch{.revision = batch->revision};
  }

 private:
  std::unique_ptr<Watch> engine_;
  const Etcd& etcd_;
  const std::size_t caller_;
  Pulse& pulse_;
};

}  // namespace

std::string Etcd::leader() {
  const auto item = model_.Peek("leader");
  return item ? item->value : "";
}

void Etcd::NoteReady(const Txn& txn) {
  for (const auto& operation : txn.then) {
    const bool ready = operation.kind == coordination::Operation::Kind::kPut &&
                       operation.key.starts_with("ready/");
    if (!ready) continue;
    const auto node = NodeId::Parse(operation.key.substr(operation.key.rfind('/') + 1));
    if (node) ready_once_.insert(*node);
  }
}

async::Task<Result<void>> Etcd::Reach(std::size_t caller, Deadline deadline) {
  const auto patience = std::chrono::milliseconds(IsOutFor(caller) ? 1000 : 0);
  const auto way = context_.Between(std::chrono::milliseconds(1), std::chrono::milliseconds(10));
  co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(way + patience)));
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  if (deadline.HasPassed()) co_return Fail(ErrorCode::kDeadlineExceeded, "no answer in time");
  if (IsOutFor(caller)) co_return Fail(ErrorCode::kUnavailable, "etcd does not answer");
  co_return Result<void>();
}

async::Task<Result<void>> EtcdClient::Begin(Deadline deadline, std::optional<Step> step) {
  if (step) etcd_.context().on_step(*step);
  if (!co_await pulse_.GoesOn()) co_return CallerKilled();
  TT_CO_RETURN_IF_ERROR(co_await etcd_.Reach(caller_, deadline));
  if (!co_await pulse_.GoesOn()) co_return CallerKilled();
  co_return Result<void>();
}

template <typename T>
async::Task<Result<T>> EtcdClient::Hear(Result<T> answer) {
  if (!co_await pulse_.GoesOn()) co_return CallerKilled();
  co_return answer;
}

async::Task<Result<GetAnswer>> EtcdClient::Get(std::string key, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(deadline, Step::kEtcdGet));
  co_return co_await Hear(co_await engine().Get(std::move(key), deadline));
}

async::Task<Result<RangePage>> EtcdClient::Range(coordination::RangeRequest request,
                                                 Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(deadline, Step::kEtcdRange));
  Result<RangePage> page = co_await engine().Range(request, deadline);
  if (page) Falsify(etcd_, request, *page);
  co_return co_await Hear(std::move(page));
}

async::Task<Result<TxnAnswer>> EtcdClient::Commit(Txn txn, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(deadline, Step::kEtcdCommit));
  Falsify(etcd_.context().plan.tooth, txn);
  etcd_.NoteReady(txn);
  Result<TxnAnswer> answer = co_await engine().Commit(std::move(txn), deadline);
  // Also when it is not known whether it happened: it has.
  etcd_.history().See(etcd_.model().Peek("topology"));
  co_return co_await Hear(std::move(answer));
}

async::Task<Result<LeaseId>> EtcdClient::GrantLease(std::chrono::milliseconds ttl,
                                                    Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(deadline));
  co_return co_await Hear(co_await engine().GrantLease(ttl, deadline));
}

async::Task<Result<void>> EtcdClient::RenewLease(LeaseId lease, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(deadline));
  co_return co_await Hear(co_await engine().RenewLease(lease, deadline));
}

async::Task<Result<void>> EtcdClient::RevokeLease(LeaseId lease, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Begin(deadline));
  co_return co_await Hear(co_await engine().RevokeLease(lease, deadline));
}

std::unique_ptr<Watch> EtcdClient::WatchPrefix(std::string prefix, Revision after) {
  return std::make_unique<LateWatch>(engine().WatchPrefix(std::move(prefix), after), etcd_, caller_,
                                     pulse_);
}

}  // namespace tritontube::simulation
