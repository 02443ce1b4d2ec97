#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "base/bytes.h"

namespace tritontube::migration {

// How many blobs are fetched at once: one more as long as that costs nothing, half as many when a
// byte begins to take twice as long as it has taken, because then somebody else wants the disk, the
// network or the processor, and who watches goes first. The idea is LEDBAT's (RFC 6817). Pure.
class CopyWindow {
 public:
  explicit CopyWindow(std::size_t most = 8) : most_(most) {}

  std::size_t size() const { return size_; }
  // A blob of `bytes` was fetched in this time.
  void Took(ByteCount bytes, std::chrono::nanoseconds duration);

 private:
  std::size_t most_;
  std::size_t size_ = 1;
  std::size_t samples_ = 0;            // Since the size was looked at.
  std::optional<double> recent_ = {};  // A moving average, in nanoseconds for a byte.
  // The least in the present and in the past part of the samples, so that it may rise again.
  std::size_t samples_of_part_ = 0;
  std::optional<double> least_now_ = {};
  std::optional<double> least_before_ = {};
};

}  // namespace tritontube::migration
