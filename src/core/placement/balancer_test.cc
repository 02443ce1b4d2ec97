#include "core/placement/balancer.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "core/placement/nodes_fixture_test.h"

namespace tritontube::placement {

namespace {

using testing::ElementsAre;

// A third of the seeds are small clusters, where the rules leave the fewest ways.
constexpr std::uint64_t kSeeds = 24;

struct Cluster {
  std::vector<WeightedNode> nodes;
  int copies = 1;
};

SlotTable MustBalance(const std::vector<WeightedNode>& nodes, int copies,
                      const SlotTable* before = nullptr) {
  const auto table = Balance(nodes, copies, before);
  if (!table) throw std::runtime_error(table.error().message());
  return *table;
}

std::vector<WeightedNode> Nodes(int count, int zones = 1) {
  std::vector<WeightedNode> nodes;
  nodes.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) nodes.push_back(Node(i, fmt::format("zone{}", i % zones)));
  return nodes;
}

std::vector<std::size_t> FirstsOf(const SlotTable& table, std::size_t nodes) {
  std::vector<std::size_t> counts(nodes);
  for (std::size_t s = 0; s < kSlotCount; ++s) ++counts[table.replicas(static_cast<Slot>(s))[0]];
  return counts;
}

std::set<NodeId> IdsOf(const SlotTable& table, Slot slot, const std::vector<WeightedNode>& nodes) {
  std::set<NodeId> ids;
  for (const SlotTable::NodeIndex node : table.replicas(slot)) ids.insert(nodes[node].id);
  return ids;
}

// Copies that are where none was before, of each slot.
std::vector<std::size_t> MovesBetween(const SlotTable& before, const SlotTable& after) {
  std::vector<std::size_t> moves;
  for (std::size_t s = 0; s < kSlotCount; ++s) {
    const auto slot = static_cast<Slot>(s);
    const auto old = before.replicas(slot);
    moves.push_back(static_cast<std::size_t>(std::ranges::count_if(
        after.replicas(slot),
        [&](SlotTable::NodeIndex node) { return std::ranges::find(old, node) == old.end(); })));
  }
  return moves;
}

std::size_t Sum(const std::vector<std::size_t>& numbers) {
  return std::accumulate(numbers.begin(), numbers.end(), std::size_t{0});
}

std::set<std::string> ZonesOf(const std::vector<WeightedNode>& nodes) {
  std::set<std::string> zones;
  for (const WeightedNode& node : nodes) {
    if (node.weight > 0) zones.insert(node.zone);
  }
  return zones;
}

void ExpectSpreadOverZones(const SlotTable& table, const std::vector<WeightedNode>& nodes) {
  const std::size_t wanted =
      std::min(static_cast<std::size_t>(table.copies()), ZonesOf(nodes).size());
  for (std::size_t s = 0; s < kSlotCount; ++s) {
    std::set<std::string> zones;
    for (const SlotTable::NodeIndex node : table.replicas(static_cast<Slot>(s))) {
      zones.insert(nodes[node].zone);
    }
    ASSERT_EQ(zones.size(), wanted) << "slot " << s;
  }
}

// Between 1 and 12 nodes in up to 5 zones, with weights of 1, 2 and 4.
Cluster AnyCluster(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const std::size_t node_count = 1 + (random() % (seed % 3 == 0 ? 4 : 12));
  const std::size_t zone_count = 1 + (random() % 5);
  Cluster cluster;
  for (std::size_t i = 0; i < node_count; ++i) {
    cluster.nodes.push_back(Node(static_cast<int>(random() % 900'000),
                                 fmt::format("zone{}", random() % zone_count),
                                 std::uint64_t{1} << (random() % 3)));
  }
  cluster.copies = static_cast<int>(1 + (random() % std::min<std::size_t>(3, node_count)));
  return cluster;
}

// What the rules allow without zones: in proportion, at most one copy of a slot on a node.
std::vector<double> SharesWithoutZones(const Cluster& cluster) {
  std::vector<double> shares(cluster.nodes.size());
  double rest = static_cast<double>(kSlotCount) * cluster.copies;
  for (bool poured = true; poured;) {
    poured = false;
    double weights = 0;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (shares[i] < kSlotCount) weights += static_cast<double>(cluster.nodes[i].weight);
    }
    double taken = 0;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (shares[i] >= kSlotCount) continue;
      if (rest * static_cast<double>(cluster.nodes[i].weight) / weights < kSlotCount) continue;
      shares[i] = kSlotCount;
      taken += kSlotCount;
      poured = true;
    }
    rest -= taken;
    if (poured) continue;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      if (shares[i] < kSlotCount) {
        shares[i] = rest * static_cast<double>(cluster.nodes[i].weight) / weights;
      }
    }
  }
  return shares;
}

TEST(Balance, GivesEveryNodeItsShareWithinOneSlot) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Cluster cluster = AnyCluster(seed);
    for (WeightedNode& node : cluster.nodes) node.zone = "";
    const auto counts = CountsOf(MustBalance(cluster.nodes, cluster.copies), cluster.nodes.size());
    const std::vector<double> shares = SharesWithoutZones(cluster);
    for (std::size_t i = 0; i < counts.size(); ++i) {
      EXPECT_LT(std::abs(static_cast<double>(counts[i]) - shares[i]), 1) << "node " << i;
    }
  }
}

TEST(Balance, PutsTheCopiesOfASlotIntoDifferentZones) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Cluster cluster = AnyCluster(seed);
    ExpectSpreadOverZones(MustBalance(cluster.nodes, cluster.copies), cluster.nodes);
  }
}

// Zones of equal weight stand in the way of nothing.
TEST(Balance, IsExactOverEqualZones) {
  for (const int zones : {1, 2, 3, 4, 6}) {
    const auto nodes = Nodes(12, zones);
    const auto counts = CountsOf(MustBalance(nodes, 3), nodes.size());
    EXPECT_THAT(counts, testing::Each(kSlotCount * 3 / 12)) << zones << " zones";
  }
}

TEST(Balance, FollowsWeights) {
  const std::vector<WeightedNode> nodes{Node(1, "", 1), Node(2, "", 2), Node(3, "", 4)};
  const auto counts = CountsOf(MustBalance(nodes, 1), 3);
  EXPECT_NEAR(static_cast<double>(counts[0]), kSlotCount / 7.0, 1);
  EXPECT_NEAR(static_cast<double>(counts[1]), 2 * kSlotCount / 7.0, 1);
  EXPECT_NEAR(static_cast<double>(counts[2]), 4 * kSlotCount / 7.0, 1);
  // With two copies the heaviest would want more than one of some slots.
  EXPECT_THAT(CountsOf(MustBalance(nodes, 2), 3), ElementsAre(1365, 2731, 4096));
}

TEST(Balance, PrefersEveryNodeForItsPart) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Cluster cluster = AnyCluster(seed);
    const SlotTable table = MustBalance(cluster.nodes, cluster.copies);
    const auto counts = CountsOf(table, cluster.nodes.size());
    const auto firsts = FirstsOf(table, cluster.nodes.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(firsts[i]), static_cast<double>(counts[i]) / cluster.copies,
                  0.99)
          << "node " << i;
    }
  }
}

TEST(Balance, DependsOnWhoTheNodesAreAndNotOnTheirOrder) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Cluster cluster = AnyCluster(seed);
    std::vector<WeightedNode> shuffled = cluster.nodes;
    std::mt19937_64 random(seed);
    std::ranges::shuffle(shuffled, random);
    const SlotTable table = MustBalance(cluster.nodes, cluster.copies);
    const SlotTable other = MustBalance(shuffled, cluster.copies);
    for (std::size_t s = 0; s < kSlotCount; ++s) {
      const auto slot = static_cast<Slot>(s);
      ASSERT_EQ(cluster.nodes[table.replicas(slot)[0]].id, shuffled[other.replicas(slot)[0]].id);
      ASSERT_EQ(IdsOf(table, slot, cluster.nodes), IdsOf(other, slot, shuffled));
    }
  }
}

TEST(Balance, SpreadsTheCopiesOfOneNodeOverAllOthers) {
  const auto nodes = Nodes(10);
  const SlotTable table = MustBalance(nodes, 3);
  std::vector<std::size_t> together(nodes.size());
  for (std::size_t s = 0; s < kSlotCount; ++s) {
    const auto row = table.replicas(static_cast<Slot>(s));
    if (std::ranges::find(row, 0) == row.end()) continue;
    for (const SlotTable::NodeIndex node : row) ++together[node];
  }
  // 1229 slots have two more copies each on nine nodes, 273 on each.
  EXPECT_THAT(std::vector(together.begin() + 1, together.end()),
              testing::Each(testing::AllOf(testing::Gt(200U), testing::Lt(350U))));
}

TEST(Balance, MovesNothingWhenNothingChanges) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const Cluster cluster = AnyCluster(seed);
    const SlotTable before = MustBalance(cluster.nodes, cluster.copies);
    EXPECT_EQ(MustBalance(cluster.nodes, cluster.copies, &before), before);
  }
}

// The property that a table exists for: a node that comes takes its share, and nothing else moves.
TEST(Balance, MovesOnlyTheShareOfANodeThatComes) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Cluster cluster = AnyCluster(seed);
    for (WeightedNode& node : cluster.nodes) node.zone = "";
    const SlotTable before = MustBalance(cluster.nodes, cluster.copies);
    cluster.nodes.push_back(Node(900'000 + static_cast<int>(seed % 7), "", 2));
    const SlotTable after = MustBalance(cluster.nodes, cluster.copies, &before);
    const auto counts = CountsOf(after, cluster.nodes.size());
    EXPECT_LT(std::abs(static_cast<double>(counts.back()) - SharesWithoutZones(cluster).back()), 1);
    EXPECT_EQ(Sum(MovesBetween(before, after)), counts.back());
    EXPECT_THAT(MovesBetween(before, after), testing::Each(testing::Le(1U)));
  }
}

TEST(Balance, MovesOnlyTheShareOfANodeThatComesToAZone) {
  auto nodes = Nodes(6, 3);
  const SlotTable before = MustBalance(nodes, 3);
  nodes.push_back(Node(6, "zone0"));
  const SlotTable after = MustBalance(nodes, 3, &before);
  // A third of what its zone keeps, and all of it from there.
  EXPECT_THAT(CountsOf(after, 7), ElementsAre(1366, 2048, 2048, 1365, 2048, 2048, 1365));
  EXPECT_EQ(Sum(MovesBetween(before, after)), 1365U);
  ExpectSpreadOverZones(after, nodes);
}

TEST(Balance, EmptiesTheWeightlessByOneCopyOfASlotAtATime) {
  for (std::uint64_t seed = 0; seed < kSeeds / 2; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    auto nodes = Nodes(7, 1 + static_cast<int>(seed % 3));
    SlotTable table = MustBalance(nodes, 3);
    std::mt19937_64 random(seed);
    nodes[random() % 7].weight = 0;
    nodes[random() % 7].weight = 0;
    const auto target = CountsOf(MustBalance(nodes, 3), 7);
    for (int call = 0; call < 3; ++call) {
      const SlotTable next = MustBalance(nodes, 3, &table);
      EXPECT_THAT(MovesBetween(table, next), testing::Each(testing::Le(1U)));
      table = next;
    }
    const auto counts = CountsOf(table, 7);
    for (std::size_t i = 0; i < 7; ++i) {
      // Who is rounded up depends on where the copies were.
      const double tolerance = nodes[i].weight > 0 ? 1 : 0;
      EXPECT_NEAR(static_cast<double>(counts[i]), static_cast<double>(target[i]), tolerance);
    }
    ExpectSpreadOverZones(table, nodes);
  }
}

TEST(Balance, BringsCopiesIntoAZoneThatComes) {
  auto nodes = Nodes(4, 2);
  const SlotTable table = MustBalance(nodes, 3);
  nodes.push_back(Node(8, "new"));
  nodes.push_back(Node(9, "new"));
  const SlotTable next = MustBalance(nodes, 3, &table);
  EXPECT_THAT(MovesBetween(table, next), testing::Each(1U));
  ExpectSpreadOverZones(next, nodes);
}

// What the table is for: the hash spreads blobs over slots as evenly as the table spreads slots.
TEST(Balance, SpreadsAHundredThousandBlobsEvenly) {
  constexpr int kBlobs = 100'000;
  for (const int nodes : {3, 5, 10}) {
    const SlotTable table = MustBalance(Nodes(nodes), 3);
    std::vector<int> blobs(static_cast<std::size_t>(nodes), 0);
    for (int i = 0; i < kBlobs; ++i) {
      const blob::BlobKey key{.video = *VideoId::Parse(fmt::format("video-{:05}", i / 475)),
                              .upload = *UploadId::Parse("uplod-00001"),
                              .file = fmt::format("v720-{:05}.m4s", i % 475)};
      for (const auto node : table.replicas(SlotOf(key))) ++blobs[node];
    }
    const double mean = 3.0 * kBlobs / nodes;
    EXPECT_LE(std::ranges::max(blobs) / mean, 1.03) << nodes << " nodes";
  }
}

TEST(Balance, HandlesAThousandNodes) {
  const auto nodes = Nodes(1000, 10);
  const SlotTable table = MustBalance(nodes, 3);
  EXPECT_THAT(CountsOf(table, 1000), testing::Each(testing::AnyOf(12U, 13U)));
  ExpectSpreadOverZones(table, nodes);
}

ErrorCode CodeOf(const Result<SlotTable>& result) {
  return result ? ErrorCode{} : result.error().code();
}

TEST(Balance, RefusesWhatCannotBe) {
  EXPECT_EQ(CodeOf(Balance({}, 1)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Balance(Nodes(3), 0)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Balance({Node(1), Node(2), Node(3, "", 0)}, 3)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Balance({Node(1), Node(1)}, 1)), ErrorCode::kInvalidArgument);
  const SlotTable before = MustBalance(Nodes(3), 2);
  EXPECT_EQ(CodeOf(Balance(Nodes(3), 3, &before)), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(Balance(Nodes(2), 2, &before)), ErrorCode::kInvalidArgument);
}

}  // namespace

}  // namespace tritontube::placement
