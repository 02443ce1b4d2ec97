#include "core/placement/shares.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace tritontube::placement {

namespace {

// Sums of doubles miss whole numbers by less than this.
constexpr double kRounding = 1e-6;

// The water level at which `filled(level)`, which never falls, reaches `wanted`.
template <typename Filled>
double LevelFor(double wanted, Filled filled) {
  double low = 0;
  double high = 1;
  while (filled(high) < wanted && std::isfinite(high)) high *= 2;
  // So often that neighbouring doubles are met.
  for (int step = 0; step < 200; ++step) {
    const double middle = std::midpoint(low, high);
    (filled(middle) < wanted ? low : high) = middle;
  }
  return high;
}

// A zone as a vessel: between `least` and `most` copies, each node up to one of each slot.
struct Zone {
  std::vector<std::size_t> nodes = {};
  double least = 0;
  double most = 0;
};

class Vessels {
 public:
  Vessels(const std::vector<ShareOfNode>& nodes, std::size_t slots, std::size_t copies)
      : nodes_(nodes), slots_(static_cast<double>(slots)) {
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      if (nodes[i].zone >= zones_.size()) zones_.resize(nodes[i].zone + 1);
      if (nodes[i].weight > 0) zones_[nodes[i].zone].nodes.push_back(i);
    }
    const std::size_t spread = SpreadOf(nodes, copies);
    const std::size_t taking = TakingZones();
    for (Zone& zone : zones_) {
      if (zone.nodes.empty()) continue;
      const std::size_t most = std::min(zone.nodes.size(), copies - spread + 1);
      zone.most = slots_ * static_cast<double>(most);
      zone.least = spread == taking ? slots_ : 0;
    }
  }

  const std::vector<Zone>& zones() const { return zones_; }

  double InNode(std::size_t node, double level) const {
    return std::min(nodes_[node].weight * level, slots_);
  }
  double InZone(const Zone& zone, double level) const {
    return std::clamp(Unbounded(zone, level), zone.least, zone.most);
  }
  double InAll(double level) const {
    return std::accumulate(zones_.begin(), zones_.end(), 0.0,
                           [&](double sum, const Zone& zone) { return sum + InZone(zone, level); });
  }
  double Unbounded(const Zone& zone, double level) const {
    return std::accumulate(zone.nodes.begin(), zone.nodes.end(), 0.0,
                           [&](double sum, std::size_t node) { return sum + InNode(node, level); });
  }

 private:
  std::size_t TakingZones() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(zones_, [](const Zone& zone) { return !zone.nodes.empty(); }));
  }

  const std::vector<ShareOfNode>& nodes_;
  double slots_;
  std::vector<Zone> zones_ = {};
};

// The copies of each zone, whole.
std::vector<std::size_t> SharesOfZones(const Vessels& vessels,
                                       const std::vector<ShareOfNode>& nodes, double level,
                                       std::size_t total) {
  std::vector<double> shares;
  for (const Zone& zone : vessels.zones()) shares.push_back(vessels.InZone(zone, level));
  std::vector<std::size_t> today(shares.size());
  for (const ShareOfNode& node : nodes) today[node.zone] += node.today;
  return RoundShares(shares, total, today);
}

}  // namespace

std::vector<std::size_t> RoundShares(const std::vector<double>& shares, std::size_t total,
                                     const std::vector<std::size_t>& today) {
  std::vector<std::size_t> whole;
  std::vector<std::size_t> order;
  const auto rest = [&](std::size_t i) { return shares[i] - static_cast<double>(whole[i]); };
  for (std::size_t i = 0; i < shares.size(); ++i) {
    whole.push_back(static_cast<std::size_t>(shares[i] + kRounding));
    if (rest(i) > kRounding) order.push_back(i);
  }
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
    const bool keeps_a = today[a] > whole[a];
    const bool keeps_b = today[b] > whole[b];
    if (keeps_a != keeps_b) return keeps_a;
    return rest(a) != rest(b) ? rest(a) > rest(b) : a < b;
  });
  std::size_t missing = total - std::accumulate(whole.begin(), whole.end(), std::size_t{0});
  for (const std::size_t i : order) {
    if (missing == 0) break;
    ++whole[i];
    --missing;
  }
  return whole;
}

std::size_t SpreadOf(const std::vector<ShareOfNode>& nodes, std::size_t copies) {
  std::vector<std::size_t> zones;
  for (const ShareOfNode& node : nodes) {
    if (node.weight > 0 && std::ranges::find(zones, node.zone) == zones.end()) {
      zones.push_back(node.zone);
    }
  }
  return std::min(copies, zones.size());
}

std::vector<std::size_t> SharesOf(const std::vector<ShareOfNode>& nodes, std::size_t slots,
                                  std::size_t copies) {
  const Vessels vessels(nodes, slots, copies);
  const std::size_t total = slots * copies;
  const double level =
      LevelFor(static_cast<double>(total), [&](double at) { return vessels.InAll(at); });
  const std::vector<std::size_t> totals = SharesOfZones(vessels, nodes, level, total);
  std::vector<std::size_t> shares(nodes.size());
  for (std::size_t z = 0; z < totals.size(); ++z) {
    const Zone& zone = vessels.zones()[z];
    // The whole number of the zone is within one of what the level gives it, and rounding a node's
    // share up or down makes up for that.
    double level_here = level;
    const double wanted = vessels.InZone(zone, level);
    if (std::abs(vessels.Unbounded(zone, level) - wanted) > kRounding) {
      level_here = LevelFor(wanted, [&](double at) { return vessels.Unbounded(zone, at); });
    }
    std::vector<double> exact;
    std::vector<std::size_t> today;
    for (const std::size_t node : zone.nodes) {
      exact.push_back(vessels.InNode(node, level_here));
      today.push_back(nodes[node].today);
    }
    const std::vector<std::size_t> whole = RoundShares(exact, totals[z], today);
    for (std::size_t i = 0; i < whole.size(); ++i) shares[zone.nodes[i]] = whole[i];
  }
  return shares;
}

}  // namespace tritontube::placement
