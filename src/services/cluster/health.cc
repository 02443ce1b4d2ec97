#include "services/cluster/health.h"

#include <algorithm>
#include <map>

#include "domain/topology/roles.h"
#include "services/cluster/cluster_view.h"

namespace tritontube::cluster {

namespace {

// Of a disk, from where on nobody should wait until it is full.
constexpr double kNearlyFull = 0.85;

std::string NameOf(const NodeView& node) {
  return node.address.empty() ? "this server" : "the content node at " + node.address;
}

bool IsNearlyFull(const blob::StoreStatus& store) {
  if (store.capacity_bytes == 0) return false;
  return static_cast<double>(store.free_bytes) <
         (1 - kNearlyFull) * static_cast<double>(store.capacity_bytes);
}

// Collects reasons; the state is the worst of theirs.
class Findings {
 public:
  void Add(Health::State state, std::string reason) {
    reasons_[state].push_back(std::move(reason));
  }
  Health Sum() {
    Health health;
    for (auto& [state, reasons] : reasons_) {
      health.state = std::max(health.state, state);
      std::ranges::move(reasons, std::back_inserter(health.reasons));
    }
    return health;
  }

 private:
  // The worst first.
  std::map<Health::State, std::vector<std::string>, std::greater<>> reasons_;
};

void LookAtSlots(const SlotCounts& slots, Findings& findings) {
  if (slots.unreadable > 0) {
    findings.Add(
        Health::State::kCritical,
        fmt::format("what is in {} slots cannot be read now: start the nodes that are down",
                    slots.unreadable));
  }
  if (slots.read_only > 0) {
    findings.Add(
        Health::State::kCritical,
        fmt::format("nothing can be stored in {} slots: too few of their nodes are up and have "
                    "room",
                    slots.read_only));
  }
}

void LookAtNode(const NodeView& node, Findings& findings) {
  const std::string name = NameOf(node);
  if (node.state == NodeView::State::kDown) {
    findings.Add(Health::State::kDegraded, fmt::format("{} is down: {}", name, node.reason));
  } else if (node.state == NodeView::State::kIncomplete) {
    findings.Add(Health::State::kHealing, fmt::format("{} is being repaired", name));
  }
  if (node.upkeep && node.upkeep->damaged > 0) {
    findings.Add(Health::State::kDegraded,
                 fmt::format("{} has {} damaged blobs that no other node could give yet", name,
                             node.upkeep->damaged));
  }
  if (!node.store) return;
  if (node.store->read_only) {
    findings.Add(Health::State::kDegraded,
                 fmt::format("the disk of {} is full: it only serves and deletes", name));
  } else if (IsNearlyFull(*node.store)) {
    findings.Add(Health::State::kDegraded, fmt::format("the disk of {} is nearly full", name));
  }
}

}  // namespace

SlotCounts CountSlots(const topology::Topology& topology, const std::vector<Service>& members) {
  SlotCounts counts;
  for (std::size_t i = 0; i < placement::kSlotCount; ++i) {
    bool is_short = false;
    bool is_read_only = false;
    std::size_t readable = 0;
    for (const topology::KeeperSet& set :
         topology::SetsOf(topology, static_cast<placement::Slot>(i))) {
      const auto count = [&](bool Service::* does) {
        return std::ranges::count_if(set.nodes, [&](auto node) { return members[node].*does; });
      };
      is_short = is_short || count(&Service::is_whole) < set.replication.copies;
      is_read_only = is_read_only || count(&Service::takes) < set.replication.acks;
      readable += static_cast<std::size_t>(count(&Service::serves));
    }
    counts.short_of_copies += is_short ? 1 : 0;
    counts.read_only += is_read_only ? 1 : 0;
    counts.unreadable += readable == 0 ? 1 : 0;
  }
  return counts;
}

std::string_view ToString(Health::State state) {
  switch (state) {
    case Health::State::kOk:
      return "ok";
    case Health::State::kHealing:
      return "healing";
    case Health::State::kDegraded:
      return "degraded";
    case Health::State::kCritical:
      return "critical";
  }
  return "";
}

Health HealthOf(const ClusterStatus& status) {
  Findings findings;
  LookAtSlots(status.slot_counts, findings);
  for (const NodeView& node : status.nodes) LookAtNode(node, findings);
  if (status.change) findings.Add(Health::State::kHealing, "slots are moving between nodes");
  return findings.Sum();
}

}  // namespace tritontube::cluster
