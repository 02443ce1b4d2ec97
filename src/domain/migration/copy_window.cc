#include "domain/migration/copy_window.h"

#include <algorithm>
#include <utility>

namespace tritontube::migration {

namespace {

// What a call costs beside its bytes, in bytes: a small blob is not slower than a large one.
constexpr double kCallBytes = 256.0 * 1024;
constexpr double kNewest = 0.125;
constexpr double kTooSlow = 2.0;
constexpr std::size_t kPartSamples = 200;

double Least(const std::optional<double>& one, double other) {
  return one ? std::min(*one, other) : other;
}

}  // namespace

void CopyWindow::Took(ByteCount bytes, std::chrono::nanoseconds duration) {
  const double cost =
      static_cast<double>(duration.count()) / (static_cast<double>(bytes) + kCallBytes);
  recent_ = recent_ ? *recent_ + (kNewest * (cost - *recent_)) : cost;
  least_now_ = Least(least_now_, cost);
  if (++samples_of_part_ == kPartSamples) {
    least_before_ = std::exchange(least_now_, cost);
    samples_of_part_ = 0;
  }
  if (++samples_ < size_) return;
  samples_ = 0;
  if (*recent_ > kTooSlow * Least(least_before_, *least_now_)) {
    size_ = std::max<std::size_t>(1, size_ / 2);
  } else {
    size_ = std::min(most_, size_ + 1);
  }
}

}  // namespace tritontube::migration
