#pragma once

#include <vector>

#include "core/blob/blob_store.h"
#include "core/placement/slot_table.h"

namespace tritontube::replication {

// What a node said last, and whether it says it now.
struct NodeSpace {
  blob::StoreStatus store = {};
  bool answers = false;
};

// The most bytes of blobs that fit when every blob has copies on `copies` nodes,
// which have so much room each. Pure.
ByteCount UsableBytes(std::vector<ByteCount> rooms, int copies);

// What all nodes are together, seen as one store. Pure.
blob::StoreStatus StatusOfCluster(const std::vector<NodeSpace>& nodes,
                                  placement::Replication replication);

}  // namespace tritontube::replication
