#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "domain/membership/node_record.h"
#include "foundation/async/event.h"

namespace tritontube::support {

// A NodeRecord in memory that fails on demand.
class MemoryNodeRecord final : public membership::NodeRecord {
 public:
  explicit MemoryNodeRecord(membership::NodeState state)
      : state_(std::make_shared<const membership::NodeState>(std::move(state))) {}

  std::shared_ptr<const membership::NodeState> state() const override {
    const std::lock_guard lock(mutex_);
    return state_;
  }

  async::Task<Result<void>> Save(membership::NodeState next, Deadline deadline) override {
    if (deadline.HasPassed()) co_return Fail(ErrorCode::kDeadlineExceeded, "the disk is busy");
    const std::lock_guard lock(mutex_);
    if (failure_) co_return std::unexpected(*std::exchange(failure_, std::nullopt));
    state_ = std::make_shared<const membership::NodeState>(std::move(next));
    ++saves_;
    co_return Result<void>();
  }

  async::Task<Result<void>> Probe(Deadline /*deadline*/) override {
    co_await answers_.WaitBeyond(0, is_hung_ ? Deadline::Never() : Deadline::After({}));
    co_return Result<void>();
  }
  // From now on Probe() does not answer, until it does again.
  void Hang(bool is_hung) {
    is_hung_ = is_hung;
    if (!is_hung) answers_.Notify();
  }

  // The next Save() returns `error` and changes nothing.
  void FailNext(Error error) {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(error);
  }
  int saves() const {
    const std::lock_guard lock(mutex_);
    return saves_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const membership::NodeState> state_;
  std::optional<Error> failure_;
  int saves_ = 0;
  std::atomic<bool> is_hung_ = false;
  async::Event answers_;
};

}  // namespace tritontube::support
