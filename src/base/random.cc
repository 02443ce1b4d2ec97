#include "base/random.h"

#include <sys/random.h>

#include "base/assert.h"

namespace tritontube {

namespace {
constexpr std::string_view kUrlSafe =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
}  // namespace

std::uint64_t SystemRandom::Next() {
  std::uint64_t number = 0;
  const ssize_t count = getrandom(&number, sizeof number, 0);
  TT_ASSERT(count == sizeof number, "the operating system gave no randomness");
  return number;
}

std::uint64_t SeededRandom::Next() {
  const std::lock_guard lock(mutex_);
  return engine_();
}

std::string RandomUrlSafeText(Random& random, int length) {
  std::string text;
  for (int i = 0; i < length; ++i) text += kUrlSafe[random.Next() % kUrlSafe.size()];
  return text;
}

}  // namespace tritontube
