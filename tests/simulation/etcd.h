#pragma once

#include "core/coordination/model_coordination.h"
#include "foundation/async/sleep.h"
#include "simulation/context.h"
#include "support/forwarding_coordination.h"

namespace tritontube::simulation {

// The etcd that lies: the model with faults, behind a network that takes time, and that is out at
// times. One for each process that calls it.
class Etcd {
 public:
  explicit Etcd(Context& context) : context_(context), model_(context.clock) {}

  coordination::ModelCoordination& model() { return model_; }
  void SetOut(bool out) { out_ = out; }

  // The way there; kUnavailable when nothing was sent.
  async::Task<Result<void>> Reach(Deadline deadline) {
    const auto patience = std::chrono::milliseconds(out_ ? 1000 : 0);
    const auto way = context_.Between(std::chrono::milliseconds(1), std::chrono::milliseconds(10));
    co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(way + patience)));
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    if (deadline.HasPassed()) co_return Fail(ErrorCode::kDeadlineExceeded, "no answer in time");
    if (out_) co_return Fail(ErrorCode::kUnavailable, "etcd does not answer");
    co_return Result<void>();
  }

 private:
  Context& context_;
  coordination::ModelCoordination model_;
  bool out_ = false;
};

class EtcdClient final : public support::ForwardingCoordination {
 public:
  explicit EtcdClient(Etcd& etcd) : ForwardingCoordination(etcd.model()), etcd_(etcd) {}

  async::Task<Result<coordination::GetAnswer>> Get(std::string key, Deadline deadline) override {
    TT_CO_RETURN_IF_ERROR(co_await etcd_.Reach(deadline));
    co_return co_await engine().Get(std::move(key), deadline);
  }
  async::Task<Result<coordination::RangePage>> Range(coordination::RangeRequest request,
                                                     Deadline deadline) override {
    TT_CO_RETURN_IF_ERROR(co_await etcd_.Reach(deadline));
    co_return co_await engine().Range(std::move(request), deadline);
  }
  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override {
    TT_CO_RETURN_IF_ERROR(co_await etcd_.Reach(deadline));
    co_return co_await engine().Commit(std::move(txn), deadline);
  }
  async::Task<Result<coordination::LeaseId>> GrantLease(std::chrono::milliseconds ttl,
                                                        Deadline deadline) override {
    TT_CO_RETURN_IF_ERROR(co_await etcd_.Reach(deadline));
    co_return co_await engine().GrantLease(ttl, deadline);
  }
  async::Task<Result<void>> RenewLease(coordination::LeaseId lease, Deadline deadline) override {
    TT_CO_RETURN_IF_ERROR(co_await etcd_.Reach(deadline));
    co_return co_await engine().RenewLease(lease, deadline);
  }

 private:
  Etcd& etcd_;
};

}  // namespace tritontube::simulation
