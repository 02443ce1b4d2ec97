#include "domain/topology/changes.h"

#include <algorithm>
#include <limits>

#include "base/assert.h"
#include "core/placement/balancer.h"
#include "core/placement/copies.h"
#include "domain/topology/limits.h"
#include "domain/topology/roles.h"

namespace tritontube::topology {

namespace {

using placement::Replication;
using placement::SlotTable;

// A change of so many plans does not come to an end.
constexpr std::size_t kPlansMax = 64;

struct Assignment {
  Replication replication;
  SlotTable table;
};

Topology Next(const Topology& current) {
  Topology next = current;
  ++next.epoch;
  return next;
}

std::size_t CountOfStaying(const Topology& topology) {
  return static_cast<std::size_t>(std::ranges::count_if(
      topology.members, [](const Member& m) { return m.standing != Standing::kLeaving; }));
}

std::vector<placement::WeightedNode> Weights(const Topology& topology) {
  std::vector<placement::WeightedNode> nodes;
  nodes.reserve(topology.members.size());
  for (const Member& member : topology.members) {
    const bool leaves = member.standing == Standing::kLeaving;
    nodes.push_back({.id = member.id, .zone = member.zone, .weight = leaves ? 0 : member.weight});
  }
  return nodes;
}

bool KeepTheSame(const SlotTable& one, const SlotTable& other) {
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    const auto nodes = one.replicas(static_cast<Slot>(slot));
    const auto others = other.replicas(static_cast<Slot>(slot));
    if (!std::ranges::is_permutation(nodes, others)) return false;
  }
  return true;
}

// Where the slots go next; nothing when all are where they should be.
Result<std::optional<Assignment>> NextAssignment(const Topology& current) {
  const std::vector<placement::WeightedNode> nodes = Weights(current);
  const int goal = placement::ReplicationFor(CountOfStaying(current)).copies;
  const int copies = current.replication.copies;
  const auto with = [](int copies_then, SlotTable table) {
    const auto count = static_cast<std::size_t>(copies_then);
    return Assignment{.replication = placement::ReplicationFor(count), .table = std::move(table)};
  };
  if (copies < goal) {
    TT_ASSIGN_OR_RETURN(SlotTable table, placement::AddCopy(nodes, current.table));
    return with(copies + 1, std::move(table));
  }
  if (copies > goal) return with(copies - 1, placement::DropCopy(nodes, current.table));
  TT_ASSIGN_OR_RETURN(SlotTable table, placement::Balance(nodes, copies, &current.table));
  if (KeepTheSame(table, current.table)) return std::nullopt;
  return Assignment{.replication = current.replication, .table = std::move(table)};
}

SlotTable Renumbered(const SlotTable& table, const std::vector<NodeIndex>& places) {
  std::vector<NodeIndex> rows = table.rows();
  for (NodeIndex& node : rows) node = places[node];
  return {table.copies(), std::move(rows)};
}

// Leaves out members that keep nothing. Requires: no plan.
template <typename Goes>
void Leave(Topology& topology, Goes goes) {
  std::vector<NodeIndex> places;
  std::vector<Member> staying;
  for (const Member& member : topology.members) {
    places.push_back(static_cast<NodeIndex>(staying.size()));
    if (!goes(member)) staying.push_back(member);
  }
  topology.members = std::move(staying);
  topology.table = Renumbered(topology.table, places);
}

void Forget(Topology& topology, const NodeId& node) {
  std::erase_if(topology.given_up, [&](const GivenUp& known) { return known.id == node; });
}

void Remember(Topology& topology, const Member& gone) {
  constexpr int kTimesMax = std::numeric_limits<std::uint8_t>::max();
  const GivenUp* const before = topology.FindGivenUp(gone.id);
  const int times = before == nullptr ? 1 : std::min(before->times + 1, kTimesMax);
  Forget(topology, gone.id);
  topology.given_up.push_back(
      {.id = gone.id, .address = gone.address, .times = static_cast<std::uint8_t>(times)});
  if (topology.given_up.size() > kGivenUpMax) topology.given_up.erase(topology.given_up.begin());
}

// Leaves out members that keep nothing, and remembers them when nobody has asked for it. Requires:
// no plan.
template <typename Goes>
void LetGo(Topology& topology, Goes goes) {
  if (topology.change && topology.change->by_itself) {
    for (const Member& member : topology.members) {
      if (goes(member)) Remember(topology, member);
    }
  }
  Leave(topology, goes);
}

void EndChange(Topology& topology, PastChange past) {
  topology.change.reset();
  topology.past.insert(topology.past.begin(), std::move(past));
  if (topology.past.size() > kPastChangesMax) topology.past.pop_back();
  for (Member& member : topology.members) member.standing = Standing::kMember;
}

Result<void> CheckAdded(const Topology& current, const Member& added) {
  TT_RETURN_IF_ERROR(CheckMember(added));
  for (const Member& member : current.members) {
    if (member.id != added.id && member.address != added.address) continue;
    return Fail(ErrorCode::kInvalidArgument, "{} is in the cluster already", added.address);
  }
  return {};
}

}  // namespace

Result<Topology> AskFor(const Topology& current, const Request& request) {
  if (current.change || current.plan) {
    return Fail(ErrorCode::kFailedPrecondition, "another change is running");
  }
  Topology next = Next(current);
  for (const Member& added : request.add) {
    TT_RETURN_IF_ERROR(CheckAdded(next, added));
    if (next.members.size() == kMembersMax) {
      return Fail(ErrorCode::kInvalidArgument, "a cluster has at most {} nodes", kMembersMax);
    }
    next.members.push_back(added);
    next.members.back().standing = Standing::kJoining;
    next.members.back().incomplete = false;
  }
  for (const NodeId& removed : request.remove) {
    const auto member = std::ranges::find(next.members, removed, &Member::id);
    if (member == next.members.end() && next.FindGivenUp(removed) != nullptr) continue;
    if (member == next.members.end()) {
      return Fail(ErrorCode::kInvalidArgument, "node {} is not in the cluster", removed.text());
    }
    member->standing = Standing::kLeaving;
  }
  if (CountOfStaying(next) == 0) {
    return Fail(ErrorCode::kInvalidArgument,
                "the last content node cannot be removed: add another one first");
  }
  if (!request.by_itself) {
    for (const Member& added : request.add) Forget(next, added.id);
    for (const NodeId& removed : request.remove) Forget(next, removed);
  }
  next.change = Change{.asked = next.epoch,
                       .moved = {},
                       .accepts_loss = request.accepts_loss,
                       .by_itself = request.by_itself};
  return next;
}

Result<bool> IsPlanNeeded(const Topology& current) {
  TT_ASSIGN_OR_RETURN(const std::optional<Assignment> next, NextAssignment(current));
  return next.has_value();
}

Result<Topology> BeginPlan(const Topology& current) {
  TT_ASSERT(current.change && !current.plan, "nothing to plan at epoch {}", current.epoch);
  TT_ASSIGN_OR_RETURN(std::optional<Assignment> assignment, NextAssignment(current));
  TT_ASSERT(assignment.has_value(), "all slots are where they should be");
  Topology next = Next(current);
  next.plan = Plan{.began = next.epoch,
                   .phase = Phase::kWriteBoth,
                   .replication = assignment->replication,
                   .table = std::move(assignment->table)};
  return next;
}

Topology UseNew(const Topology& current, const Moved& moved) {
  TT_ASSERT(current.plan && current.plan->phase == Phase::kWriteBoth, "no plan in its first phase");
  Topology next = Next(current);
  std::swap(next.replication, next.plan->replication);
  std::swap(next.table, next.plan->table);
  next.plan->phase = Phase::kUseNew;
  if (next.change) {
    next.change->moved.files += moved.files;
    next.change->moved.bytes += moved.bytes;
  }
  return next;
}

Result<Topology> Settle(const Topology& current) {
  TT_ASSERT(!current.plan || current.plan->phase == Phase::kUseNew, "the plan is not ready");
  Topology next = Next(current);
  next.plan.reset();
  if (!next.change) return next;
  TT_ASSIGN_OR_RETURN(const bool more, IsPlanNeeded(next));
  if (more) return next;
  LetGo(next, [](const Member& member) { return member.standing == Standing::kLeaving; });
  EndChange(next, {.asked = current.change->asked, .moved = current.change->moved});
  return next;
}

Result<Topology> Abort(const Topology& current, std::string reason) {
  if (!current.change) {
    return Fail(ErrorCode::kFailedPrecondition, "no change of the cluster is running");
  }
  if (current.plan && current.plan->phase != Phase::kWriteBoth) {
    return Fail(ErrorCode::kFailedPrecondition,
                "the change cannot go back any more: wait until it is over, then ask for the "
                "opposite");
  }
  Topology next = Next(current);
  next.plan.reset();
  std::vector<bool> keeps(next.members.size());
  for (const NodeIndex node : next.table.rows()) keeps[node] = true;
  LetGo(next, [&](const Member& member) {
    const auto place = static_cast<std::size_t>(
        std::ranges::find(current.members, member.id, &Member::id) - current.members.begin());
    return member.standing == Standing::kJoining && !keeps[place];
  });
  reason.resize(std::min(reason.size(), kReasonBytesMax));
  EndChange(next, {.asked = current.change->asked,
                   .aborted = true,
                   .moved = current.change->moved,
                   .reason = std::move(reason)});
  return next;
}

Result<Topology> MarkIncomplete(const Topology& current, const NodeId& node) {
  Topology next = Next(current);
  const auto member = std::ranges::find(next.members, node, &Member::id);
  if (member == next.members.end()) {
    return Fail(ErrorCode::kFailedPrecondition, "node {} is no member", node.text());
  }
  member->incomplete = true;
  return next;
}

Result<Topology> MoveTo(const Topology& current, const std::vector<Member>& moved) {
  Topology next = Next(current);
  for (const Member& now : moved) {
    const auto member = std::ranges::find(next.members, now.id, &Member::id);
    TT_ASSERT(member != next.members.end(), "node {} is no member", now.id.text());
    member->address = now.address;
  }
  TT_RETURN_IF_ERROR(CheckMembers(next.members));
  return next;
}

Result<Topology> MarkComplete(const Topology& current, const NodeId& node) {
  Topology next = Next(current);
  const auto member = std::ranges::find(next.members, node, &Member::id);
  if (member == next.members.end() || !member->incomplete) {
    return Fail(ErrorCode::kFailedPrecondition, "node {} is no incomplete member", node.text());
  }
  member->incomplete = false;
  return next;
}

Result<Travels> TravelsOf(const Topology& asked) {
  Travels travels{.copies_to = std::vector<std::size_t>(asked.members.size())};
  Topology at = asked;
  for (;;) {
    if (!at.plan) {
      TT_ASSIGN_OR_RETURN(const bool more, IsPlanNeeded(at));
      if (!more) return travels;
      if (++travels.plans > kPlansMax) {
        return Fail(ErrorCode::kInternal, "the slots do not come to rest");
      }
      TT_ASSIGN_OR_RETURN(at, BeginPlan(at));
    }
    const std::vector<std::size_t> coming = CopiesComing(at);
    for (std::size_t node = 0; node < coming.size(); ++node) {
      travels.copies_to[node] += coming[node];
    }
    // Not Settle(), which forgets who has left and with that the places.
    at = UseNew(at, {});
    at.plan.reset();
  }
}

}  // namespace tritontube::topology
