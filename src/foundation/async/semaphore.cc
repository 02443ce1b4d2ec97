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

// Stands in line for as long as it lives.
class Semaphore::Place {
 public:
  explicit Place(Semaphore& semaphore) : semaphore_(semaphore) {
    const std::lock_guard lock(semaphore_.mutex_);
    at_ = semaphore_.line_.insert(semaphore_.line_.end(), this);
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    {
      const std::lock_guard lock(semaphore_.mutex_);
      semaphore_.line_.erase(at_);
    }
    semaphore_.changed_.Notify();
  }

 private:
  Semaphore& semaphore_;
  std::list<const Place*>::iterator at_;
};

Task<Result<Semaphore::Permit>> Semaphore::Acquire(std::size_t count, Deadline deadline) {
  if (count > capacity_) {
    co_return Fail(ErrorCode::kInvalidArgument, "{} of {} can never be free", count, capacity_);
  }
  const Place place(*this);
  for (;;) {
    const auto seen = changed_.count();
    if (TryTake(place, count)) co_return Permit(*this, count);
    if (deadline.HasPassed()) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "all {} places stayed taken", capacity_);
    }
    co_await changed_.WaitBeyond(seen, deadline);
    const bool cancelled = co_await IsCancelled();
    if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
  }
}

std::size_t Semaphore::in_use() const {
  const std::lock_guard lock(mutex_);
  return capacity_ - free_;
}

std::size_t Semaphore::waiting() const {
  const std::lock_guard lock(mutex_);
  return line_.size();
}

bool Semaphore::TryTake(const Place& place, std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (line_.front() != &place || count > free_) return false;
  free_ -= count;
  return true;
}

void Semaphore::Return(std::size_t count) {
  {
    const std::lock_guard lock(mutex_);
    free_ += count;
  }
  changed_.Notify();
}

}  // namespace tritontube::async
