#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "core/coordination/coordination.h"
#include "core/coordination/fault_script.h"
#include "core/coordination/model_state.h"
#include "foundation/async/event.h"

namespace tritontube::coordination {

struct ModelOptions {
  std::size_t history_max = 10'000;    // Events that watches can ask for.
  std::size_t watch_events_max = 100;  // A batch is cut after the revision that reaches it.
};

// A Coordination in memory that goes wrong on request: what tests stand on.
// Keeps nothing when it goes. Any thread; `clock` outlives it.
class ModelCoordination final : public Coordination {
 public:
  explicit ModelCoordination(const Clock& clock, ModelOptions options = {});

  async::Task<Result<GetAnswer>> Get(std::string key, Deadline deadline) override;
  async::Task<Result<RangePage>> Range(RangeRequest request, Deadline deadline) override;
  async::Task<Result<TxnAnswer>> Commit(Txn txn, Deadline deadline) override;
  async::Task<Result<LeaseId>> GrantLease(std::chrono::milliseconds ttl,
                                          Deadline deadline) override;
  async::Task<Result<void>> RenewLease(LeaseId lease, Deadline deadline) override;
  async::Task<Result<void>> RevokeLease(LeaseId lease, Deadline deadline) override;
  std::unique_ptr<Watch> WatchPrefix(std::string prefix, Revision after) override;

  // See FaultScript::Add.
  void AddFault(Call call, const Fault& fault, int skip = 0);
  // What the key has now, or had so many revisions ago, whatever the script says: for whoever
  // checks.
  std::optional<KeyValue> Peek(std::string_view key, Revision behind = 0);
  // Forgets the history of everything that has happened.
  void ForgetHistory();
  // Looks at the clock and ends the leases that are due. Every call does; this
  // one is for waiting watches after the hands of a fake clock were moved.
  void EndDueLeases();

 private:
  friend class ModelWatch;

  async::Task<Result<std::optional<Fault>>> Begin(Call call, Deadline deadline);
  std::optional<Fault> TakeFault(Call call);
  void EndLeases(LeaseId lease);
  // Runs `action` on the state of now, and wakes the watches.
  template <typename Action>
  std::invoke_result_t<Action, ModelState&> Act(Action action);

  const Clock& clock_;
  const ModelOptions options_;
  std::mutex mutex_;
  ModelState state_;
  FaultScript script_;
  async::Event changed_;
};

}  // namespace tritontube::coordination
