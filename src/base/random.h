#pragma once

#include <cstdint>
#include <mutex>
#include <random>
#include <string>

namespace tritontube {

// Where randomness comes from; a test passes a seeded one.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t Next() = 0;
};

// The operating system's generator: ids must not be guessable. Any thread.
class SystemRandom final : public Random {
 public:
  std::uint64_t Next() override;
};

// The same numbers for the same seed. Any thread.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t Next() override;

 private:
  std::mutex mutex_;
  std::mt19937_64 engine_;
};

// `length` characters of the URL-safe alphabet A-Z a-z 0-9 - _.
std::string RandomUrlSafeText(Random& random, int length);

}  // namespace tritontube
