#include "foundation/async/semaphore.h"

namespace tritontube::async {

Semaphore::Permit& Semaphore::Permit::operator=(Permit&& other) noexcept {
  if (this != &other) {
    Release();
    semaphore_ = std::exchange(other.semaphore_, nullptr);
    count_ = other.count_;
  }
  return *this;
}

void Semaphore::Permit::Release() {
  if (semaphore_ != nullptr) std::exchange(semaphore_, nullptr)->Return(count_);
}

Task<Result<Semaphore::Permit>> Semaphore::Acquire(std::size_t count, Deadline deadline) {
  if (count > capacity_) {
    co_return Fail(ErrorCode::kInvalidArgument, "{} of {} can never be free", count, capacity_);
  }
  for (;;) {
    const auto seen = returned_.count();
    if (TryTake(count)) co_return Permit(*this, count);
    if (deadline.HasPassed()) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "all {} places stayed taken", capacity_);
    }
    co_await returned_.WaitBeyond(seen, deadline);
    const bool cancelled = co_await IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
}

std::size_t Semaphore::in_use() const {
  const std::lock_guard lock(mutex_);
  return capacity_ - free_;
}

bool Semaphore::TryTake(std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (count > free_) return false;
  free_ -= count;
  return true;
}

void Semaphore::Return(std::size_t count) {
  {
    const std::lock_guard lock(mutex_);
    free_ += count;
  }
  returned_.Notify();
}

}  // namespace tritontube::async
