#pragma once

#include <map>
#include <string>
#include <vector>

#include "simulation/accident.h"
#include "simulation/clients.h"
#include "simulation/nemesis.h"
#include "simulation/operator.h"

namespace tritontube::simulation {

struct Outcome {
  std::uint64_t hash = 0;
  std::vector<std::string> violations = {};
  Counts counts = {};
  Operator::Counts changes = {};
  std::uint64_t steps = 0;  // Topologies.
  std::uint64_t comebacks =
      0;  // Of nodes that were given up, which the others have taken in again.
  std::map<Step, std::size_t> accident_points = {};
  std::size_t size = 0;  // Members at the end.
  std::uint64_t faults = 0;
  std::size_t uploads_erased = 0;
  std::chrono::seconds duration{0};  // In virtual time.
  // The plan, what went wrong, and the events before; for people.
  std::string report = {};
};

// Runs one world from its beginning to its end: the same plan, the same outcome.
Outcome RunWorld(const Plan& plan);

}  // namespace tritontube::simulation
