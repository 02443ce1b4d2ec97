#include "simulation/context.h"

#include <xxhash.h>

namespace tritontube::simulation {

namespace {
constexpr std::size_t kTailMax = 60;
// What is lost is lost in every look.
constexpr std::size_t kViolationsMax = 10;

double Seconds() {
  return std::chrono::duration<double>(SteadyClock::now().time_since_epoch()).count();
}
}  // namespace

void Trace::Note(std::string event) {
  std::string line = fmt::format("{:8.3f} {}", Seconds(), event);
  hash_ = XXH3_64bits_withSeed(line.data(), line.size(), hash_);
  if (told_) fmt::print("{}\n", line);
  if (!violations_.empty()) return;
  tail_.push_back(std::move(line));
  if (tail_.size() > kTailMax) tail_.pop_front();
}

void Trace::Violate(std::string violation) {
  Note(fmt::format("VIOLATION {}", violation));
  if (violations_.size() == kViolationsMax) return;
  violations_.push_back(fmt::format("{:8.3f} {}", Seconds(), violation));
}

}  // namespace tritontube::simulation
