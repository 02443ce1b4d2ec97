#include "domain/replication/hedge.h"

#include <algorithm>
#include <vector>

namespace tritontube::replication {

void LatencyQuantile::Add(Duration latency) { samples_[added_++ % samples_.size()] = latency; }

std::optional<LatencyQuantile::Duration> LatencyQuantile::p95() const {
  const std::size_t count = std::min(added_, samples_.size());
  if (count < kSampleCountMin) return std::nullopt;
  std::vector<Duration> sorted(samples_.begin(),
                               samples_.begin() + static_cast<std::ptrdiff_t>(count));
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>(count * 95 / 100);
  std::ranges::nth_element(sorted, at);
  return *at;
}

void HedgeBudget::Earn() { savings_ = std::min(savings_ + 1, kSavingsMax); }

bool HedgeBudget::TrySpend() {
  if (savings_ < kPrice) return false;
  savings_ -= kPrice;
  return true;
}

}  // namespace tritontube::replication
