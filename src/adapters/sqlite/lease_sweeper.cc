#include "adapters/sqlite/lease_sweeper.h"

namespace tritontube::sqlite {

using coordination::LeaseId;

namespace {

constexpr std::chrono::seconds kRetryAfter{1};

SteadyTime Now() { return std::chrono::steady_clock::now(); }

}  // namespace

LeaseSweeper::LeaseSweeper(LeaseId first, RemoveKeys remove_keys)
    : remove_keys_(std::move(remove_keys)),
      leases_(first),
      sweeper_([this](const std::stop_token& stop) { Sweep(stop); }) {}

Result<LeaseId> LeaseSweeper::Grant(std::chrono::milliseconds ttl) {
  const std::lock_guard lock(mutex_);
  earlier_.notify_one();
  return leases_.Grant(ttl, Now());
}

Result<void> LeaseSweeper::Renew(LeaseId lease) {
  const std::lock_guard lock(mutex_);
  return leases_.Renew(lease, Now());
}

bool LeaseSweeper::IsAlive(LeaseId lease) const {
  const std::lock_guard lock(mutex_);
  return leases_.IsAlive(lease, Now());
}

void LeaseSweeper::End(LeaseId lease) {
  const std::lock_guard lock(mutex_);
  leases_.End(lease);
  earlier_.notify_one();
}

void LeaseSweeper::Sweep(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const std::vector<LeaseId> ended = leases_.Ended(Now());
    if (ended.empty()) {
      WaitForNext(lock, stop);
      continue;
    }
    lock.unlock();
    const bool removed = remove_keys_(ended);
    lock.lock();
    if (removed) {
      for (const LeaseId lease : ended) leases_.Forget(lease);
    } else {
      earlier_.wait_for(lock, stop, kRetryAfter, [] { return false; });
    }
  }
}

void LeaseSweeper::WaitForNext(std::unique_lock<std::mutex>& lock, const std::stop_token& stop) {
  const std::optional<SteadyTime> next = leases_.next_end();
  if (!next) {
    earlier_.wait(lock, stop, [this] { return leases_.next_end().has_value(); });
    return;
  }
  earlier_.wait_until(lock, stop, *next, [&] { return leases_.next_end() < next; });
}

}  // namespace tritontube::sqlite
