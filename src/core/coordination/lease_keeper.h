#pragma once

#include <atomic>

#include "core/coordination/coordination.h"

namespace tritontube::coordination {

// This process's sign of life: a lease that is renewed as long as Run() runs.
// Keys that must not outlive the process (open uploads, claims of jobs) are put
// under lease().
//
// The accessors are safe from any thread.
class LeaseKeeper {
 public:
  LeaseKeeper(Coordination& coordination, std::chrono::milliseconds ttl)
      : coordination_(coordination), ttl_(ttl) {}

  // Grants the first lease. Before anything else.
  async::Task<Result<void>> Start(Deadline deadline);
  // Renews at a third of the time to live until it is cancelled, then ends the
  // lease. A lease that was lost is replaced: what stood under it is gone, and
  // its owners notice at their next transaction.
  async::Task<void> Run();

  LeaseId lease() const { return lease_; }
  // Leases that ended although they were renewed.
  std::uint64_t lost_count() const { return lost_count_; }

 private:
  async::Task<void> Renew();

  Coordination& coordination_;
  const std::chrono::milliseconds ttl_;
  std::atomic<LeaseId> lease_ = kNoLease;
  std::atomic<std::uint64_t> lost_count_ = 0;
};

}  // namespace tritontube::coordination
