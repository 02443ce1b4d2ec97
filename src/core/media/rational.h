#pragma once

#include <compare>
#include <cstdint>
#include <numeric>

namespace tritontube::media {

// An exact ratio: frame rates and time bases are never floating point, because
// 30000/1001 frames per second drift from any double within an hour.
struct Rational {
  std::int64_t numerator = 0;
  std::int64_t denominator = 1;

  constexpr double AsDouble() const {
    return denominator == 0 ? 0.0
                            : static_cast<double>(numerator) / static_cast<double>(denominator);
  }
  constexpr Rational Reduced() const {
    const std::int64_t divisor = std::gcd(numerator, denominator);
    return divisor == 0 ? *this : Rational{numerator / divisor, denominator / divisor};
  }
  // Compares the terms, so 50/2 differs from 25/1: reduce first.
  bool operator==(const Rational&) const = default;
};

}  // namespace tritontube::media
