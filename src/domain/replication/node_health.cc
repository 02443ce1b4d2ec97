#include "domain/replication/node_health.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace tritontube::replication {

namespace {

constexpr double kWeightOfNewest = 0.2;
constexpr NodeHealth::Duration kHalfLife = std::chrono::seconds(10);
// What the replica behind may be faster by without being preferred.
constexpr NodeHealth::Duration kHandicap = std::chrono::milliseconds(2);

}  // namespace

void NodeHealth::Answered(const NodeId& node, Duration latency, SteadyTime now) {
  Record& record = records_[node];
  const auto before = static_cast<double>(record.latency.count());
  const auto newest = static_cast<double>(latency.count());
  const double mean =
      record.updated == SteadyTime{} ? newest : before + kWeightOfNewest * (newest - before);
  record = {.latency = Duration(static_cast<Duration::rep>(mean)), .updated = now};
}

void NodeHealth::Lives(const NodeId& node) { records_[node].suspect = false; }

void NodeHealth::Failed(const NodeId& node) { records_[node].suspect = true; }

void NodeHealth::Abandoned(const NodeId& node, Duration waited, SteadyTime now) {
  const Duration known = LatencyOf(node, now);
  Record& record = records_[node];
  record.suspect = record.suspect || waited >= kSilence;
  if (waited <= known) return;
  record.latency = waited;
  record.updated = now;
}

void NodeHealth::Forget(const NodeId& node) { records_.erase(node); }

bool NodeHealth::IsSuspect(const NodeId& node) const {
  const auto record = records_.find(node);
  return record != records_.end() && record->second.suspect;
}

std::vector<NodeId> NodeHealth::suspects() const {
  std::vector<NodeId> suspects;
  for (const auto& [node, record] : records_) {
    if (record.suspect) suspects.push_back(node);
  }
  return suspects;
}

NodeHealth::Duration NodeHealth::LatencyOf(const NodeId& node, SteadyTime now) const {
  const auto record = records_.find(node);
  if (record == records_.end()) return Duration(0);
  const double age = std::max(0.0, std::chrono::duration<double>(now - record->second.updated) /
                                       std::chrono::duration<double>(kHalfLife));
  const double faded = static_cast<double>(record->second.latency.count()) * std::exp2(-age);
  return Duration(static_cast<Duration::rep>(faded));
}

std::vector<std::size_t> NodeHealth::Order(const std::vector<NodeId>& replicas,
                                           SteadyTime now) const {
  std::vector<std::tuple<bool, Duration, std::size_t>> costs;
  for (std::size_t place = 0; place < replicas.size(); ++place) {
    const Duration latency = LatencyOf(replicas[place], now);
    const Duration handicap = (latency / 2 + kHandicap) * static_cast<Duration::rep>(place);
    costs.emplace_back(IsSuspect(replicas[place]), latency + handicap, place);
  }
  std::ranges::sort(costs);
  std::vector<std::size_t> order;
  order.reserve(costs.size());
  for (const auto& [suspect, cost, place] : costs) order.push_back(place);
  return order;
}

}  // namespace tritontube::replication
