#include "domain/migration/comeback.h"

#include <algorithm>
#include <utility>

namespace tritontube::migration {

using topology::GivenUp;

std::vector<NodeId> Comeback::Decide(const topology::Topology& topology, const Lives& lives,
                                     SteadyTime now) {
  if (now - std::exchange(looked_, now) > options_.look_gap_max) lives_.clear();
  std::map<NodeId, Life> seen;
  std::vector<NodeId> due;
  for (const GivenUp& node : topology.given_up) {
    const auto lives_now = lives.find(node.id);
    if (lives_now == lives.end() || topology.Find(node.id) != nullptr) continue;
    const auto known = lives_.find(node.id);
    const bool is_same = known != lives_.end() && known->second.registered == lives_now->second;
    const SteadyTime since = is_same ? known->second.since : now;
    seen.emplace(node.id, Life{.registered = lives_now->second, .since = since});
    if (now - since >= TimeFor(node)) due.push_back(node.id);
  }
  lives_ = std::move(seen);
  return due;
}

std::chrono::milliseconds Comeback::TimeFor(const GivenUp& node) const {
  const int doublings = std::min(node.times - 1, options_.doublings_max);
  return options_.steady_for * (1 << doublings);
}

}  // namespace tritontube::migration
