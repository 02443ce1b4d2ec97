#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "core/coordination/lease_table.h"

namespace tritontube::sqlite {

// Keeps the leases of this process and, on a thread of its own, ends each when
// its time has come: it asks for the removal of its keys, again every second
// while that fails. Any thread.
class LeaseSweeper {
 public:
  // Blocks until the keys of the leases are gone; false when they are not.
  using RemoveKeys = std::function<bool(const std::vector<coordination::LeaseId>&)>;

  LeaseSweeper(coordination::LeaseId first, RemoveKeys remove_keys);

  Result<coordination::LeaseId> Grant(std::chrono::milliseconds ttl);
  Result<void> Renew(coordination::LeaseId lease);
  bool IsAlive(coordination::LeaseId lease) const;
  // It cannot be renewed any more; its keys are removed soon.
  void End(coordination::LeaseId lease);

 private:
  void Sweep(const std::stop_token& stop);
  void WaitForNext(std::unique_lock<std::mutex>& lock, const std::stop_token& stop);

  const RemoveKeys remove_keys_;
  mutable std::mutex mutex_;
  std::condition_variable_any earlier_;  // The next end of a lease moved forward.
  coordination::LeaseTable leases_;
  std::jthread sweeper_;  // The last member: it uses the others.
};

}  // namespace tritontube::sqlite
