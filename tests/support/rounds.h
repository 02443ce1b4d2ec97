#pragma once

#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace tritontube::support {

// TRITONTUBE_LONG=1 asks tests for everything that they can do.
inline bool IsLong() {
  const char* const set = std::getenv("TRITONTUBE_LONG");
  return set != nullptr && std::string_view(set) == "1";
}

// How often a test does something of which more is better. Under a sanitizer each round takes some
// ten times as long, and looks for other faults than those that many rounds find.
struct Rounds {
  std::uint32_t sanitized = 0;
  std::uint32_t usual = 0;
  std::uint32_t thorough = 0;

  std::uint32_t Count() const {
    if (IsLong()) return thorough;
    return kIsSanitized ? sanitized : usual;
  }

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
  static constexpr bool kIsSanitized = true;
#else
  static constexpr bool kIsSanitized = false;
#endif
};

}  // namespace tritontube::support
