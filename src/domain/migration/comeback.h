#pragma once

#include <chrono>
#include <map>
#include <vector>

#include "base/clock.h"
#include "core/coordination/coordination.h"
#include "domain/topology/topology.h"

namespace tritontube::migration {

struct ComebackOptions {
  // A node that was given up is taken in again when it has shown signs of life for so long, twice
  // as long each further time: who goes again and again makes less and less trouble.
  std::chrono::milliseconds steady_for = std::chrono::minutes(1);
  int doublings_max = 10;
  // Who has not looked for so long does not know what was meanwhile.
  std::chrono::milliseconds look_gap_max = std::chrono::minutes(1);
};

// Which nodes that were given up have come back for good. Keeps only since when each of them lives.
// Pure.
class Comeback {
 public:
  // Nodes that show signs of life, and when each has registered: another time is another life.
  using Lives = std::map<NodeId, coordination::Revision>;

  explicit Comeback(ComebackOptions options = {}) : options_(options) {}

  // Those that are due at `now`. Of `lives` only nodes count that were given up and are no members.
  std::vector<NodeId> Decide(const topology::Topology& topology, const Lives& lives,
                             SteadyTime now);

 private:
  struct Life {
    coordination::Revision registered = 0;
    SteadyTime since{};
  };

  std::chrono::milliseconds TimeFor(const topology::GivenUp& node) const;

  const ComebackOptions options_;
  std::map<NodeId, Life> lives_ = {};
  SteadyTime looked_{};
};

}  // namespace tritontube::migration
