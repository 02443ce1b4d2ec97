#pragma once

#include <set>

#include "core/coordination/model_coordination.h"
#include "simulation/history.h"
#include "simulation/pulse.h"
#include "support/forwarding_coordination.h"

namespace tritontube::simulation {

// The etcd that lies: the model with faults, behind a network that takes time, and that is out at
// times, for all or for some.
class Etcd {
 public:
  // `callers` are numbered as in Network.
  Etcd(Context& context, std::size_t callers)
      : context_(context), model_(context.clock), history_(context), cut_(callers) {}

  coordination::ModelCoordination& model() { return model_; }
  History& history() { return history_; }
  Context& context() { return context_; }
  void SetOut(bool out) { out_ = out; }
  void Cut(std::size_t caller, bool cut) { cut_[caller] = cut; }
  bool IsOutFor(std::size_t caller) const { return out_ || cut_[caller]; }
  // Whether the node has ever said that it has pulled everything for some plan.
  void NoteReady(const coordination::Txn& txn);
  bool WasReadyOnce(const NodeId& node) const { return ready_once_.contains(node); }
  // Who leads the change of the topology, by the name that it gave; empty when nobody does.
  std::string leader();

  // The way there; kUnavailable when nothing was sent.
  async::Task<Result<void>> Reach(std::size_t caller, Deadline deadline);

 private:
  Context& context_;
  coordination::ModelCoordination model_;
  History history_;
  std::vector<bool> cut_;
  bool out_ = false;
  std::set<NodeId> ready_once_ = {};
};

// Etcd as one process sees it.
class EtcdClient final : public support::ForwardingCoordination {
 public:
  EtcdClient(Etcd& etcd, std::size_t caller, Pulse& pulse)
      : ForwardingCoordination(etcd.model()), etcd_(etcd), caller_(caller), pulse_(pulse) {}

  async::Task<Result<coordination::GetAnswer>> Get(std::string key, Deadline deadline) override;
  async::Task<Result<coordination::RangePage>> Range(coordination::RangeRequest request,
                                                     Deadline deadline) override;
  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override;
  async::Task<Result<coordination::LeaseId>> GrantLease(std::chrono::milliseconds ttl,
                                                        Deadline deadline) override;
  async::Task<Result<void>> RenewLease(coordination::LeaseId lease, Deadline deadline) override;
  async::Task<Result<void>> RevokeLease(coordination::LeaseId lease, Deadline deadline) override;
  std::unique_ptr<coordination::Watch> WatchPrefix(std::string prefix,
                                                   coordination::Revision after) override;

 private:
  async::Task<Result<void>> Begin(Deadline deadline, std::optional<Step> step = {});
  // What the process hears of an answer.
  template <typename T>
  async::Task<Result<T>> Hear(Result<T> answer);

  Etcd& etcd_;
  const std::size_t caller_;
  Pulse& pulse_;
};

}  // namespace tritontube::simulation
