#include "domain/topology/topology.h"

#include <algorithm>
#include <set>

#include "core/placement/balancer.h"
#include "domain/topology/limits.h"

namespace tritontube::topology {

Result<void> CheckMember(const Member& member) {
  if (member.address.empty() || member.address.size() > kAddressBytesMax) {
    return Fail(ErrorCode::kInvalidArgument, "an address of {} bytes", member.address.size());
  }
  if (member.zone.size() > kZoneBytesMax) {
    return Fail(ErrorCode::kInvalidArgument, "the name of a zone has {} bytes", member.zone.size());
  }
  return {};
}

Result<void> CheckMembers(const std::vector<Member>& members) {
  std::set<std::string_view> ids;
  std::set<std::string_view> addresses;
  for (const Member& member : members) {
    TT_RETURN_IF_ERROR(CheckMember(member));
    if (!ids.insert(member.id.text()).second) {
      return Fail(ErrorCode::kInvalidArgument, "node {} stands twice", member.id.text());
    }
    if (!addresses.insert(member.address).second) {
      return Fail(ErrorCode::kInvalidArgument, "the address {} stands twice", member.address);
    }
  }
  return {};
}

const Member* Topology::Find(const NodeId& id) const {
  const auto member = std::ranges::find(members, id, &Member::id);
  return member == members.end() ? nullptr : &*member;
}

const PastChange* Topology::FindPast(Epoch asked) const {
  const auto found = std::ranges::find(past, asked, &PastChange::asked);
  return found == past.end() ? nullptr : &*found;
}

const GivenUp* Topology::FindGivenUp(const NodeId& id) const {
  const auto found = std::ranges::find(given_up, id, &GivenUp::id);
  return found == given_up.end() ? nullptr : &*found;
}

Result<Topology> Found(ClusterId cluster, std::vector<Member> members) {
  if (members.empty() || members.size() > kMembersMax) {
    return Fail(ErrorCode::kInvalidArgument, "a cluster of {} nodes", members.size());
  }
  TT_RETURN_IF_ERROR(CheckMembers(members));
  std::vector<placement::WeightedNode> nodes;
  nodes.reserve(members.size());
  for (const Member& member : members) {
    nodes.push_back({.id = member.id, .zone = member.zone, .weight = member.weight});
  }
  const placement::Replication replication = placement::ReplicationFor(members.size());
  TT_ASSIGN_OR_RETURN(placement::SlotTable table, placement::Balance(nodes, replication.copies));
  return Topology{.cluster = std::move(cluster),
                  .epoch = 1,
                  .replication = replication,
                  .members = std::move(members),
                  .table = std::move(table)};
}

}  // namespace tritontube::topology
