#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

namespace tritontube::replication {

// The time within which 95 of 100 of the last calls were answered. Pure; not
// synchronized.
class LatencyQuantile {
 public:
  using Duration = std::chrono::nanoseconds;

  void Add(Duration latency);
  // Nothing until there are enough calls to tell.
  std::optional<Duration> p95() const;

 private:
  static constexpr std::size_t kSampleCountMin = 20;

  std::array<Duration, 200> samples_{};
  std::size_t added_ = 0;
};

// Lets one call in twenty be made twice: against a slow node that is plenty, and
// when everything is slow it is the most that may be added to the load. Pure;
// not synchronized.
class HedgeBudget {
 public:
  void Earn();
  bool TrySpend();

 private:
  static constexpr int kPrice = 20;
  static constexpr int kSavingsMax = 10 * kPrice;

  int savings_ = kPrice;
};

}  // namespace tritontube::replication
