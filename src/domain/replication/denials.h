#pragma once

#include <set>
#include <vector>

#include "domain/topology/roles.h"

namespace tritontube::replication {

// Who has said that a blob of a slot is not there. Enough, when no acknowledged put and no plan of
// any epoch can have passed by all of them. Lives as long as the topology. Pure.
class Denials {
 public:
  Denials(const topology::Topology& topology, placement::Slot slot)
      : topology_(topology), slot_(slot), sets_(topology::SetsOf(topology, slot)) {}

  // Says nothing when that node's misses do not count.
  void Add(const topology::Member& node);
  bool enough() const;

 private:
  const topology::Topology& topology_;
  placement::Slot slot_;
  std::vector<topology::KeeperSet> sets_;
  std::set<topology::NodeIndex> denying_ = {};
};

}  // namespace tritontube::replication
