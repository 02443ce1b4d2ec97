#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/random.h"
#include "core/blob/blob_store.h"
#include "simulation/plan.h"
#include "support/virtual_time.h"

namespace tritontube::simulation {

// What has happened, as a hash by which two runs are compared, and what should never have.
class Trace {
 public:
  // Prints every event, from the first on.
  void Tell() { told_ = true; }
  void Note(std::string event);
  void Violate(std::string violation);

  std::uint64_t hash() const { return hash_; }
  const std::vector<std::string>& violations() const { return violations_; }
  // The last events before the first violation, or of all.
  const std::deque<std::string>& tail() const { return tail_; }

 private:
  std::uint64_t hash_ = 0;
  bool told_ = false;
  std::deque<std::string> tail_ = {};
  std::vector<std::string> violations_ = {};
};

// What all parts of one world share: one thread, one clock, one source of chance.
struct Context {
  explicit Context(const Plan& the_plan) : plan(the_plan), random(the_plan.seed * 2 + 1) {
    if (plan.told) trace.Tell();
  }

  const Plan plan;
  support::VirtualTime time;
  SeededRandom random;
  support::WorldClock clock;
  Trace trace;
  // Told at each of them.
  std::function<void(Step)> on_step = [](Step) {};
  // Told when a gateway hears that the machine at this address has taken a put.
  std::function<void(std::size_t, const std::string&)> on_taken = [](std::size_t,
                                                                     const std::string&) {};
  // Told when the process at this address gives bytes of a blob, from that offset on.
  std::function<void(const std::string&, const blob::BlobKey&, ByteCount, const blob::Bytes&)>
      on_served = [](const std::string&, const blob::BlobKey&, ByteCount, const blob::Bytes&) {};

  std::size_t Pick(std::size_t count) { return random.Next() % count; }
  bool Chance(double probability) {
    return static_cast<double>(random.Next() >> 11U) * 0x1p-53 < probability;
  }
  std::chrono::milliseconds Between(std::chrono::milliseconds least,
                                    std::chrono::milliseconds most) {
    const auto span = static_cast<std::uint64_t>((most - least).count()) + 1;
    return least + std::chrono::milliseconds(random.Next() % span);
  }
};

}  // namespace tritontube::simulation
