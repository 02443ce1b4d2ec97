#pragma once

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/topology/topology.h"

namespace tritontube::migration {

struct AbsenceOptions {
  // A member that shows no sign of life for so long is given up; nobody ever is when it is 0.
  std::chrono::milliseconds give_up_after = std::chrono::minutes(10);
  // More of them at once are a fault of the network or of the power, and no loss of nodes: copying
  // everything would only make it worse, so a person decides.
  double part_max = 0.1;
  // Who has not looked for so long does not know what was meanwhile.
  std::chrono::milliseconds look_gap_max = std::chrono::minutes(1);
};

// Which members are lost for good, so that others are to get their copies. Keeps only since when a
// member is silent. Pure.
class Absence {
 public:
  struct Verdict {
    std::vector<NodeId> give_up = {};
    // Why nobody is, although somebody has been silent for long enough; for a person.
    std::string held_back = {};
    // Nothing speaks against taking a node in: whoever is silent has been so for long, and is not
    // one of too many.
    bool is_calm = false;
  };

  explicit Absence(AbsenceOptions options = {}) : options_(options) {}

  // `lives` are the members that show signs of life at `now`.
  Verdict Decide(const topology::Topology& topology, const std::set<NodeId>& lives, SteadyTime now);

 private:
  std::vector<const topology::Member*> SilentOf(const topology::Topology& topology,
                                                const std::set<NodeId>& lives, SteadyTime now);
  bool AreTooMany(const topology::Topology& topology,
                  const std::vector<const topology::Member*>& silent) const;
  std::string ReasonToWait(const topology::Topology& topology,
                           const std::vector<const topology::Member*>& silent) const;

  const AbsenceOptions options_;
  std::map<NodeId, SteadyTime> silent_since_ = {};
  SteadyTime looked_{};
};

}  // namespace tritontube::migration
