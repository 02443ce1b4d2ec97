#include "services/storage_node/comparer.h"

#include "domain/replication/nodes.h"
#include "foundation/telemetry/log.h"

namespace tritontube::storage_node {

using telemetry::Level;
using telemetry::Log;
using topology::NodeIndex;
using topology::Topology;

namespace {

placement::SlotSet SlotsOf(const Topology& topology, NodeIndex node) {
  placement::SlotSet slots;
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    slots[slot] = topology::IsKeeper(topology, static_cast<placement::Slot>(slot), node);
  }
  return slots;
}

placement::SlotSet Differing(const std::vector<replication::SlotDigest>& mine,
                             const std::vector<replication::SlotDigest>& theirs) {
  placement::SlotSet slots;
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    slots[slot] = mine[slot] != theirs[slot];
  }
  return slots;
}

}  // namespace

async::Task<void> Comparer::Run() {
  Deadline next = Deadline::After(std::chrono::milliseconds(0));
  std::uint64_t noticed = 0;
  std::string told;
  std::chrono::milliseconds pause = options_.retry_after;
  // Of what it may have missed before, nothing may be missed again.
  std::chrono::milliseconds age_max{0};
  while (!co_await async::IsCancelled()) {
    const auto seen = node_.changed().count();
    const std::uint64_t asked = node_.upkeep_asked();
    const TopologyPointer topology = ComparableTopology();
    if (std::exchange(noticed, asked) != asked) {
      age_max = std::chrono::milliseconds(0);
      next = Deadline::After(std::chrono::milliseconds(0));
    }
    if (topology && next.HasPassed()) {
      const Result<void> compared = co_await Compare(topology, asked, age_max);
      if (compared) age_max = options_.period / 2;
      // Under a new topology at once; what cannot be listed now, less and less often.
      const bool is_over = !compared && compared.error().code() == ErrorCode::kAborted;
      const std::string why = compared || is_over ? "" : compared.error().message();
      if (std::exchange(told, why) != why && !why.empty()) {
        Log(Level::kWarning, "what is here cannot be compared with the others: trying again",
            {{"why", why}});
      }
      pause = compared || is_over ? options_.retry_after : std::min(2 * pause, options_.period);
      next = Deadline::After(compared ? options_.period : pause);
    }
    co_await node_.changed().WaitBeyond(seen, topology ? next : Deadline::Never());
  }
}

// Null while the Puller has more to do than this would find.
Comparer::TopologyPointer Comparer::ComparableTopology() const {
  const TopologyPointer topology = node_.OwnTopology();
  const auto self = topology ? topology::IndexOf(*topology, node_.state()->node) : std::nullopt;
  if (!self || topology->members[*self].incomplete) return nullptr;
  const bool moving = topology->plan && topology->plan->phase == topology::Phase::kWriteBoth;
  return moving ? nullptr : topology;
}

// An error when the topology is over, or what is here cannot be listed now. Who does not answer
// compares itself when it comes back.
async::Task<Result<void>> Comparer::Compare(TopologyPointer topology, std::uint64_t asked,
                                            std::chrono::milliseconds age_max) {
  const NodeIndex self = *topology::IndexOf(*topology, node_.state()->node);
  auto mine = co_await node_.OwnDigests(topology->epoch, Soon());
  if (!mine) {
    if (mine.error().code() == ErrorCode::kCorrupt) node_.GiveUpStore(mine.error().message());
    co_return std::unexpected(std::move(mine).error());
  }
  replication::Upkeep found;
  for (std::size_t peer = 0; peer < topology->members.size(); ++peer) {
    const auto index = static_cast<NodeIndex>(peer);
    const bool gives =
        !topology->members[peer].incomplete && !topology::IsGivenUp(*topology, index);
    if (index == self || !gives) continue;
    const Result<void> compared = co_await CompareWith(
        {.topology = topology, .self = self, .source = index}, *mine, age_max, found);
    if (compared) continue;
    if (node_.OwnTopology() != topology) co_return compared;
    Log(Level::kWarning, "this node may lack something that another one has",
        {{"address", topology->members[peer].address}, {"why", compared.error().message()}});
  }
  node_.EditUpkeep([&](replication::Upkeep& upkeep) {
    upkeep.compared = clock_.WallNow();
    upkeep.compared_for = asked;
    upkeep.differing_slots = found.differing_slots;
    upkeep.lacking_slots = found.lacking_slots;
  });
  if (found.caught_up.files > 0) {
    Log(Level::kInfo, "this node has caught up with the others",
        {{"blobs", found.caught_up.files}, {"bytes", found.caught_up.bytes}});
  }
  co_return Result<void>();
}

async::Task<Result<void>> Comparer::CompareWith(SlotFetcher::Line line,
                                                const std::vector<replication::SlotDigest>& mine,
                                                std::chrono::milliseconds age_max,
                                                replication::Upkeep& found) {
  TT_CO_ASSIGN_OR_RETURN(placement::SlotSet differing,
                         co_await DifferingSlots(line, mine, age_max));
  // What was put since then differs, too: that is no reason to list all of it.
  if (differing.any() && age_max.count() > 0) {
    TT_CO_ASSIGN_OR_RETURN(differing,
                           co_await DifferingSlots(line, mine, std::chrono::milliseconds(0)));
  }
  if (differing.none()) co_return Result<void>();
  found.differing_slots += differing.count();
  Result<void> fetched = co_await fetcher_.FetchSlots(
      std::move(line), differing, [this, &found](const topology::Moved& moved) {
        found.caught_up.Add(moved);
        node_.EditUpkeep([&](replication::Upkeep& upkeep) { upkeep.caught_up.Add(moved); });
      });
  if (!fetched) found.lacking_slots += differing.count();
  co_return fetched;
}

async::Task<Result<placement::SlotSet>> Comparer::DifferingSlots(
    const SlotFetcher::Line& line, const std::vector<replication::SlotDigest>& mine,
    std::chrono::milliseconds age_max) {
  const placement::SlotSet shared =
      SlotsOf(*line.topology, line.self) & SlotsOf(*line.topology, line.source);
  if (shared.none()) co_return shared;
  const auto target = replication::TargetOf(*line.topology, line.topology->members[line.source]);
  TT_CO_ASSIGN_OR_RETURN(const auto theirs, co_await client_.Digests(target, age_max, Soon()));
  co_return Differing(mine, theirs) & shared;
}

}  // namespace tritontube::storage_node
