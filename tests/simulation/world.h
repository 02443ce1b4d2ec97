#pragma once

#include <string>
#include <vector>

#include "simulation/clients.h"
#include "simulation/nemesis.h"

namespace tritontube::simulation {

struct Outcome {
  std::uint64_t hash = 0;
  std::vector<std::string> violations = {};
  Counts counts = {};
  std::uint64_t faults = 0;
  // The plan, what went wrong, and the events before; for people.
  std::string report = {};
};

// Runs one world from its beginning to its end: the same plan, the same outcome.
Outcome RunWorld(const Plan& plan);

}  // namespace tritontube::simulation
