#pragma once

#include <cstdint>
#include <vector>

#include "domain/topology/topology.h"

namespace tritontube::replication {

struct MergedPage {
  blob::ScanPage page;
  // Blobs of which the nodes do not say the same; what most say is in the page.
  std::uint64_t disagreements = 0;
};

// The first items of all `pages`, each blob once. An item is given only when no
// page ends before it and has more behind, so the next page begins after the
// last one given. Of an upload of which one blob will do, it is the first that any of them tells.
// Pure.
//
// Requires: a page that has more is not empty.
MergedPage MergePages(std::vector<blob::ScanPage> pages, const blob::ScanRequest& request);

// Whether the members that said all they have (`answered`, by their place) have
// every acknowledged blob between them: each is on `acks` replicas of its slot,
// so fewer replicas than that may be missing. Pure.
bool CoversEverySlot(const topology::Topology& topology, const std::vector<bool>& answered);

}  // namespace tritontube::replication
