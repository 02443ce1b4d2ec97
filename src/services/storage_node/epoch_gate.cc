#include "services/storage_node/epoch_gate.h"

#include <algorithm>

namespace tritontube::storage_node {

topology::Epoch EpochGate::recorded() const {
  const std::lock_guard lock(mutex_);
  return recorded_;
}

Result<EpochGate::Admission> EpochGate::Admit(topology::Epoch epoch) {
  const std::lock_guard lock(mutex_);
  if (epoch != recorded_ || epoch != next_) {
    return Fail(ErrorCode::kAborted, "the call is of epoch {}, the node is at {}", epoch,
                std::max(recorded_, next_));
  }
  ++inside_;
  return Admission(*this);
}

async::Task<Result<void>> EpochGate::Drain(topology::Epoch epoch, Deadline deadline) {
  Shut(epoch);
  for (;;) {
    const auto seen = emptied_.count();
    if (IsEmpty()) co_return Result<void>();
    const bool cancelled = co_await async::IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
    if (deadline.HasPassed()) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "puts of an older epoch are still under way");
    }
    co_await emptied_.WaitBeyond(seen, deadline);
  }
}

void EpochGate::Open(topology::Epoch epoch) {
  const std::lock_guard lock(mutex_);
  recorded_ = std::max(recorded_, epoch);
  next_ = std::max(next_, recorded_);
}

void EpochGate::Shut(topology::Epoch epoch) {
  const std::lock_guard lock(mutex_);
  next_ = std::max(next_, epoch);
}

bool EpochGate::IsEmpty() const {
  const std::lock_guard lock(mutex_);
  return inside_ == 0;
}

void EpochGate::Leave() {
  bool empty = false;
  {
    const std::lock_guard lock(mutex_);
    empty = --inside_ == 0;
  }
  if (empty) emptied_.Notify();
}

}  // namespace tritontube::storage_node
