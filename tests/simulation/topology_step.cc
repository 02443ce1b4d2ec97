#include "simulation/topology_step.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "domain/topology/changes.h"

namespace tritontube::simulation {

using placement::SlotTable;
using topology::Member;
using topology::Standing;
using topology::Topology;

namespace {

bool Is(const Result<Topology>& expected, const Topology& next) {
  return expected && *expected == next;
}

std::size_t CountMissing(std::span<const SlotTable::NodeIndex> from,
                         std::span<const SlotTable::NodeIndex> in) {
  return static_cast<std::size_t>(std::ranges::count_if(
      from, [&](auto node) { return std::ranges::find(in, node) == in.end(); }));
}

// The safety of a plan rests on it.
bool MovesOneCopyAtMost(const SlotTable& before, const SlotTable& after) {
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    const auto old_nodes = before.replicas(static_cast<placement::Slot>(slot));
    const auto new_nodes = after.replicas(static_cast<placement::Slot>(slot));
    if (CountMissing(old_nodes, new_nodes) > 1 || CountMissing(new_nodes, old_nodes) > 1) {
      return false;
    }
  }
  return true;
}

bool IsAsked(const Topology& before, const Topology& next) {
  topology::Request request{.accepts_loss = next.change->accepts_loss,
                            .by_itself = next.change->by_itself};
  for (const Member& member : next.members) {
    if (member.standing == Standing::kJoining) request.add.push_back(member);
    if (member.standing == Standing::kLeaving) request.remove.push_back(member.id);
  }
  // Who is out already is to stay out.
  for (const topology::GivenUp& node : before.given_up) {
    const bool forgotten = next.Find(node.id) == nullptr && next.FindGivenUp(node.id) == nullptr;
    if (forgotten) request.remove.push_back(node.id);
  }
  return Is(topology::AskFor(before, request), next);
}

bool IsUseNew(const Topology& before, const Topology& next) {
  if (!before.change || !next.change) return false;
  const topology::Moved moved{.files = next.change->moved.files - before.change->moved.files,
                              .bytes = next.change->moved.bytes - before.change->moved.bytes};
  return topology::UseNew(before, moved) == next;
}

bool IsEnd(const Topology& before, const Topology& next) {
  if (!next.past.empty() && next.past[0].aborted && next.past != before.past) {
    return Is(topology::Abort(before, next.past[0].reason), next);
  }
  const bool may_end = !before.plan || before.plan->phase == topology::Phase::kUseNew;
  return may_end && Is(topology::Settle(before), next);
}

// Nothing but what is known of one member has changed.
bool IsNewsOfOneMember(Topology before, const Topology& next) {
  if (before.members.size() != next.members.size()) return false;
  std::size_t changed = 0;
  for (std::size_t i = 0; i < next.members.size(); ++i) {
    Member& member = before.members[i];
    if (member == next.members[i]) continue;
    ++changed;
    member.incomplete = next.members[i].incomplete;
    member.address = next.members[i].address;
  }
  before.epoch = next.epoch;
  return changed <= 1 && before == next;
}

}  // namespace

bool IsStep(const Topology& before, const Topology& next) {
  if (next.epoch != before.epoch + 1) return false;
  if (!before.change && next.change) return IsAsked(before, next);
  if (before.change && !next.change) return IsEnd(before, next);
  if (!before.plan && next.plan) {
    return Is(topology::BeginPlan(before), next) &&
           MovesOneCopyAtMost(before.table, next.plan->table);
  }
  if (before.plan && !next.plan) return IsEnd(before, next);
  if (before.plan && before.plan->phase != next.plan->phase) return IsUseNew(before, next);
  return IsNewsOfOneMember(before, next);
}

std::string Describe(const Topology& topology) {
  std::vector<std::string> members;
  members.reserve(topology.members.size());
  for (const Member& member : topology.members) {
    members.push_back(fmt::format(
        "{}{}{}{}", member.address, member.standing == Standing::kJoining ? "+" : "",
        member.standing == Standing::kLeaving ? "-" : "", member.incomplete ? "?" : ""));
  }
  std::string_view phase = topology.change ? "asked for" : "at rest";
  if (topology.plan) {
    phase = topology.plan->phase == topology::Phase::kWriteBoth ? "write both" : "use new";
  }
  return fmt::format("epoch {}: {}, {} copies{}, {}", topology.epoch, fmt::join(members, " "),
                     topology.replication.copies,
                     topology.plan ? fmt::format(" -> {}", topology.plan->replication.copies) : "",
                     phase);
}

}  // namespace tritontube::simulation
