#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "domain/migration/ready_record.h"
#include "domain/topology/roles.h"

namespace tritontube::migration {

// What whoever coordinates knows, read after each other in this order.
struct Observation {
  topology::Topology topology;
  std::map<NodeId, ReadyRecord> ready = {};     // For the running plan.
  std::map<NodeId, std::uint64_t> starts = {};  // Registrations of the destinations.
  std::map<NodeId, bool> lives = {};            // Signs of life of the destinations: hints.
};

enum class Step : std::uint8_t { kNone, kBeginPlan, kUseNew, kSettle, kAbort };

struct Decision {
  Step step = Step::kNone;
  topology::Moved moved = {};  // kUseNew: by the destinations together.
  std::string reason = {};     // kAbort: for a person.
};

struct SteeringOptions {
  // A destination that shows no sign of life for so long ends the plan.
  std::chrono::milliseconds silence_max = std::chrono::minutes(2);
  // While one node becomes two, nothing can be put without the new one: then it is this.
  std::chrono::milliseconds silence_max_alone = std::chrono::seconds(15);
  // Of what was before a longer pause nothing is known: somebody else led, or etcd was away.
  std::chrono::milliseconds look_gap_max = std::chrono::seconds(30);
};

// What to do next about the change that is asked for. Keeps only since when a destination is
// silent, so that anybody may go on where another one was lost. Pure.
class Steering {
 public:
  explicit Steering(SteeringOptions options = {}) : options_(options) {}

  Result<Decision> Decide(const Observation& seen, SteadyTime now);

 private:
  const topology::Member* FindSilent(const Observation& seen,
                                     const std::vector<topology::NodeIndex>& destinations,
                                     SteadyTime now);

  const SteeringOptions options_;
  topology::Epoch plan_ = 0;
  SteadyTime looked_{};
  std::map<NodeId, SteadyTime> silent_since_ = {};
};

}  // namespace tritontube::migration
