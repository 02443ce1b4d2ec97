#include "core/coordination/lease_table.h"

#include <algorithm>

namespace tritontube::coordination {

Result<LeaseId> LeaseTable::Grant(std::chrono::milliseconds ttl, SteadyTime now) {
  TT_RETURN_IF_ERROR(CheckTtl(ttl));
  if (leases_.size() >= kLeasesMax) {
    return Fail(ErrorCode::kResourceExhausted, "{} leases are out already", kLeasesMax);
  }
  leases_.emplace(next_, Lease{.ttl = ttl, .end = now + ttl});
  return next_++;
}

Result<void> LeaseTable::Renew(LeaseId lease, SteadyTime now) {
  if (!IsAlive(lease, now)) return Fail(ErrorCode::kNotFound, "lease {} has ended", lease);
  Lease& found = leases_.at(lease);
  found.end = now + found.ttl;
  return {};
}

void LeaseTable::End(LeaseId lease) {
  const auto found = leases_.find(lease);
  if (found != leases_.end()) found->second.end = SteadyTime::min();
}

bool LeaseTable::IsAlive(LeaseId lease, SteadyTime now) const {
  const auto found = leases_.find(lease);
  return found != leases_.end() && now < found->second.end;
}

std::vector<LeaseId> LeaseTable::Ended(SteadyTime now) const {
  std::vector<LeaseId> ended;
  for (const auto& [id, lease] : leases_) {
    if (lease.end <= now) ended.push_back(id);
  }
  return ended;
}

std::vector<LeaseId> LeaseTable::All() const {
  std::vector<LeaseId> all;
  all.reserve(leases_.size());
  for (const auto& [id, lease] : leases_) all.push_back(id);
  return all;
}

std::optional<SteadyTime> LeaseTable::next_end() const {
  const auto first =
      std::ranges::min_element(leases_, {}, [](const auto& entry) { return entry.second.end; });
  if (first == leases_.end()) return std::nullopt;
  return first->second.end;
}

}  // namespace tritontube::coordination
