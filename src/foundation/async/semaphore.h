#pragma once

#include <cstddef>
#include <list>
#include <mutex>

#include "base/error.h"
#include "foundation/async/event.h"

namespace tritontube::async {

// Bounds how much of something is in use at once, whoever asks from whatever
// thread. First come, first served. Outlives its permits and those who wait.
class Semaphore {
 public:
  class Permit {
   public:
    Permit(Permit&& other) noexcept
        : semaphore_(std::exchange(other.semaphore_, nullptr)), count_(other.count_) {}
    Permit& operator=(Permit&& other) noexcept;
    ~Permit() { Release(); }
    void Release();

   private:
    friend class Semaphore;
    Permit(Semaphore& semaphore, std::size_t count) : semaphore_(&semaphore), count_(count) {}

    Semaphore* semaphore_;
    std::size_t count_;
  };

  explicit Semaphore(std::size_t capacity) : capacity_(capacity), free_(capacity) {}

  // Waits for `count` units; kDeadlineExceeded when they do not become free, and
  // kInvalidArgument when there are fewer than that in all.
  Task<Result<Permit>> Acquire(std::size_t count, Deadline deadline);

  std::size_t capacity() const { return capacity_; }
  std::size_t in_use() const;
  std::size_t waiting() const;  // How many stand in line.

 private:
  class Place;

  bool TryTake(const Place& place, std::size_t count);
  void Return(std::size_t count);

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::size_t free_;
  std::list<const Place*> line_;
  Event changed_;  // A unit came back, or somebody has left the line.
};

}  // namespace tritontube::async
