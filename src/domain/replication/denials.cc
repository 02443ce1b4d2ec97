#include "domain/replication/denials.h"

#include <algorithm>

namespace tritontube::replication {

void Denials::Add(const topology::Member& node) {
  const auto index = topology::IndexOf(topology_, node.id);
  if (index && topology::MayDeny(topology_, slot_, *index)) denying_.insert(*index);
}

bool Denials::enough() const {
  return std::ranges::all_of(sets_, [&](const topology::KeeperSet& set) {
    const auto denying = std::ranges::count_if(
        set.nodes, [&](topology::NodeIndex node) { return denying_.contains(node); });
    return denying >= set.replication.misses();
  });
}

}  // namespace tritontube::replication
