#include "core/placement/placing.h"

#include <xxhash.h>

#include <cmath>
#include <numeric>

#include "base/assert.h"

namespace tritontube::placement {

namespace {
constexpr std::size_t kNobody = SIZE_MAX;
}  // namespace

Placing::Placing(std::vector<Node> nodes, std::size_t copies, std::size_t spread)
    : nodes_(std::move(nodes)),
      copies_(copies),
      spread_(spread),
      only_one_may_change_(false),
      counts_(nodes_.size()) {
  Seed();
}

Placing::Placing(std::vector<Node> nodes, std::size_t copies, std::size_t spread,
                 std::vector<NodeIndex> rows)
    : nodes_(std::move(nodes)),
      copies_(copies),
      spread_(spread),
      only_one_may_change_(true),
      before_(rows),
      rows_(std::move(rows)),
      counts_(nodes_.size()) {
  for (const NodeIndex node : rows_) ++counts_[node];
}

std::span<const Placing::NodeIndex> Placing::Row(Slot slot) const {
  return std::span(rows_).subspan(slot * copies_, copies_);
}

// Weighted rendezvous hashing (Schindelhauer and Schomaker, 2005): the node of the greatest score
// wins a slot as often as its share says, and keeps its slots when others come or go.
double Placing::Score(Slot slot, NodeIndex node) const {
  const std::string& id = nodes_[node].id;
  const std::uint64_t hash = XXH3_64bits_withSeed(id.data(), id.size(), slot);
  // Of 53 bits, the most that a double holds, and never 0 or 1.
  const double chance = (static_cast<double>(hash >> 12U) + 0.5) * 0x1p-52;
  return static_cast<double>(nodes_[node].share) / -std::log(chance);
}

// Zones -----------------------------------------------------------------------

std::size_t Placing::SpreadOfRow(Slot slot) const {
  return SpreadWith({.slot = slot, .place = 0, .to = At(slot, 0)});
}

std::size_t Placing::SpreadWith(const Exchange& exchange) const {
  const auto zone_at = [&](std::size_t place) {
    return nodes_[place == exchange.place ? exchange.to : At(exchange.slot, place)].zone;
  };
  std::size_t zones = 0;
  for (std::size_t place = 0; place < copies_; ++place) {
    bool is_new = true;
    for (std::size_t i = 0; i < place; ++i) is_new = is_new && zone_at(i) != zone_at(place);
    zones += is_new ? 1 : 0;
  }
  return zones;
}

// Seeding ---------------------------------------------------------------------

void Placing::Seed() {
  for (std::size_t slot = 0; slot < kSlotCount; ++slot) {
    for (std::size_t place = 0; place < copies_; ++place) {
      const auto chosen = std::span(rows_).subspan(slot * copies_);
      const NodeIndex best = BestFor(static_cast<Slot>(slot), chosen);
      rows_.push_back(best);
      ++counts_[best];
    }
  }
}

Placing::NodeIndex Placing::BestFor(Slot slot, std::span<const NodeIndex> chosen) const {
  std::vector<std::size_t> zones;
  for (const NodeIndex node : chosen) {
    const std::size_t zone = nodes_[node].zone;
    if (std::ranges::find(zones, zone) == zones.end()) zones.push_back(zone);
  }
  const bool needs_new_zone = spread_ - zones.size() == copies_ - chosen.size();
  std::size_t best = kNobody;
  double best_score = 0;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const auto index = static_cast<NodeIndex>(node);
    const bool is_new = std::ranges::find(zones, nodes_[node].zone) == zones.end();
    if (needs_new_zone && !is_new) continue;
    if (std::ranges::find(chosen, index) != chosen.end()) continue;
    const double score = Score(slot, index);
    if (score <= best_score) continue;
    best = node;
    best_score = score;
  }
  TT_ASSERT(best != kNobody, "nobody can take a copy of slot {}", slot);
  return static_cast<NodeIndex>(best);
}

// Exchanging ------------------------------------------------------------------

bool Placing::IsAllowed(const Exchange& exchange) const {
  const std::span<const NodeIndex> row = Row(exchange.slot);
  if (std::ranges::find(row, exchange.to) != row.end()) return false;
  if (only_one_may_change_) {
    for (std::size_t place = 0; place < copies_; ++place) {
      if (place == exchange.place) continue;
      if (row[place] != before_[(exchange.slot * copies_) + place]) return false;
    }
  }
  return SpreadWith(exchange) >= std::min(spread_, SpreadOfRow(exchange.slot));
}

void Placing::Apply(const Exchange& exchange) {
  TT_ASSERT(IsAllowed(exchange), "slot {} cannot take node {}", exchange.slot, exchange.to);
  NodeIndex& node = rows_[(exchange.slot * copies_) + exchange.place];
  --counts_[node];
  ++counts_[exchange.to];
  node = exchange.to;
}

template <typename Wanted>
std::optional<Placing::Exchange> Placing::BestTaker(Slot slot, std::size_t place,
                                                    Wanted wanted) const {
  std::optional<Exchange> best;
  double best_score = -1;
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    const Exchange exchange{.slot = slot, .place = place, .to = static_cast<NodeIndex>(node)};
    if (nodes_[node].share == 0 || !wanted(exchange) || !IsAllowed(exchange)) continue;
    const double score = Score(slot, exchange.to);
    if (score <= best_score) continue;
    best = exchange;
    best_score = score;
  }
  return best;
}

// Zones may have come since the table before was made.
void Placing::SpreadOverZones() {
  const auto spreads = [this](const Exchange& exchange) {
    return IsUnder(exchange.to) && SpreadWith(exchange) > SpreadOfRow(exchange.slot);
  };
  for (const bool only_from_over : {true, false}) {
    for (std::size_t s = 0; s < kSlotCount; ++s) {
      const auto slot = static_cast<Slot>(s);
      for (std::size_t place = 0; place < copies_ && SpreadOfRow(slot) < spread_; ++place) {
        if (only_from_over && !IsOver(At(slot, place))) continue;
        if (const auto exchange = BestTaker(slot, place, spreads)) Apply(*exchange);
      }
    }
  }
}

void Placing::RelieveDirectly() {
  const auto is_under = [this](const Exchange& exchange) { return IsUnder(exchange.to); };
  // Whose slots they are is already by chance, so their order does no harm.
  for (std::size_t s = 0; s < kSlotCount; ++s) {
    const auto slot = static_cast<Slot>(s);
    for (std::size_t place = 0; place < copies_; ++place) {
      if (!IsOver(At(slot, place))) continue;
      if (const auto exchange = BestTaker(slot, place, is_under)) Apply(*exchange);
    }
  }
}

// Where nobody who has too little can take a copy of whoever has too much, somebody between them
// passes one on.
void Placing::RelieveByPaths() {
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    while (IsOver(static_cast<NodeIndex>(node))) {
      const auto path = PathFrom(static_cast<NodeIndex>(node));
      if (!path) break;
      for (const Exchange& exchange : *path) Apply(exchange);
    }
  }
}

// The fewest exchanges, by breadth-first search; no slot twice.
std::optional<std::vector<Placing::Exchange>> Placing::PathFrom(NodeIndex over) const {
  std::vector<std::vector<std::pair<Slot, std::size_t>>> copies_of(nodes_.size());
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    copies_of[rows_[i]].emplace_back(static_cast<Slot>(i / copies_), i % copies_);
  }
  std::vector<std::vector<Exchange>> path_to(nodes_.size());
  std::vector<NodeIndex> queue{over};
  for (std::size_t head = 0; head < queue.size(); ++head) {
    const NodeIndex from = queue[head];
    const std::vector<Exchange> path = path_to[from];
    for (const auto& [slot, place] : copies_of[from]) {
      if (std::ranges::find(path, slot, &Exchange::slot) != path.end()) continue;
      for (std::size_t to = 0; to < nodes_.size(); ++to) {
        const Exchange exchange{.slot = slot, .place = place, .to = static_cast<NodeIndex>(to)};
        if (to == over || !path_to[to].empty() || nodes_[to].share == 0) continue;
        if (!IsAllowed(exchange)) continue;
        path_to[to] = path;
        path_to[to].push_back(exchange);
        if (IsUnder(exchange.to)) return path_to[to];
        queue.push_back(exchange.to);
      }
    }
  }
  return std::nullopt;
}

void Placing::Balance() {
  if (only_one_may_change_) SpreadOverZones();
  RelieveDirectly();
  RelieveByPaths();
}

}  // namespace tritontube::placement
