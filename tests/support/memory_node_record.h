#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "domain/membership/node_record.h"

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
};

}  // namespace tritontube::support
