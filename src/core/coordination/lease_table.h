#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "core/coordination/coordination.h"

namespace tritontube::coordination {

inline constexpr std::size_t kLeasesMax = 10'000;

// Which leases live and until when. An ended lease stays in the table, and can
// not be renewed, until its owner has removed its keys and forgets it.
//
// Pure: takes `now`. Not synchronized.
class LeaseTable {
 public:
  // Ids count up from `first`.
  explicit LeaseTable(LeaseId first) : next_(first) {}

  // kResourceExhausted when kLeasesMax are known.
  Result<LeaseId> Grant(std::chrono::milliseconds ttl, SteadyTime now);
  // kNotFound when the lease has ended.
  Result<void> Renew(LeaseId lease, SteadyTime now);
  void End(LeaseId lease);
  void Forget(LeaseId lease) { leases_.erase(lease); }

  bool IsAlive(LeaseId lease, SteadyTime now) const;
  // The leases that have ended and are not forgotten.
  std::vector<LeaseId> Ended(SteadyTime now) const;
  std::vector<LeaseId> All() const;
  // When the next lease ends, unless it is renewed; in the past when there are
  // ended ones. Nothing when no lease is known.
  std::optional<SteadyTime> next_end() const;

 private:
  struct Lease {
    std::chrono::milliseconds ttl;
    SteadyTime end;
  };

  LeaseId next_;
  std::map<LeaseId, Lease> leases_;
};

}  // namespace tritontube::coordination
