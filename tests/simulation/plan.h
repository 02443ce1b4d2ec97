#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace tritontube::simulation {

// What a tester that is worth anything must find: switched on by tests only, and only in what the
// simulator is made of.
enum class Tooth : std::uint8_t {
  kNone,
  kAckBeforeSync,       // A disk says that bytes are durable when they are written.
  kOneAck,              // A put is acknowledged when one copy is durable.
  kNotFoundForCorrupt,  // A node denies what it cannot read.
  kUploadIdAgain,       // A second attempt stores under the id of the first.
};
inline constexpr Tooth kTeeth[] = {Tooth::kAckBeforeSync, Tooth::kOneAck,
                                   Tooth::kNotFoundForCorrupt, Tooth::kUploadIdAgain};
std::string ToString(Tooth tooth);

// Everything that is decided before the first step, all of it by the seed.
struct Plan {
  std::uint64_t seed = 0;
  Tooth tooth = Tooth::kNone;
  std::size_t nodes = 3;
  std::size_t uploaders = 2;
  std::size_t readers = 2;
  double message_loss = 0;
  double duplicate = 0;
  std::chrono::milliseconds delay_max{0};
  std::chrono::milliseconds between_faults{0};
  double delete_chance = 0;
  std::chrono::seconds duration{40};
};

Plan PlanOf(std::uint64_t seed, Tooth tooth = Tooth::kNone);
std::string ToString(const Plan& plan);

}  // namespace tritontube::simulation
