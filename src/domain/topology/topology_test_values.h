#pragma once

#include <vector>

#include "domain/topology/topology.h"

namespace tritontube::topology {

inline ClusterId AnyCluster() { return *ClusterId::Parse("cluster-abc"); }

inline NodeId AnyNode(int number) { return *NodeId::Parse(fmt::format("node-{:06}", number)); }

inline std::vector<Member> Members(int count) {
  std::vector<Member> members;
  members.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    members.push_back({.id = AnyNode(i), .address = fmt::format("localhost:{}", 9000 + i)});
  }
  return members;
}

}  // namespace tritontube::topology
