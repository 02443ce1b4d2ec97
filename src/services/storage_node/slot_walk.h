#pragma once

#include <vector>

#include "core/blob/blob_store.h"
#include "domain/replication/node_client.h"

// What a store has of some slots. The store is in the order of the keys and a slot is a hash of
// them, so each of these looks at all keys.
namespace tritontube::storage_node {

// At most so many keys are looked at for one page.
inline constexpr std::size_t kKeysPerSlotPage = 10'000;

async::Task<Result<replication::SlotScanPage>> ScanSlots(blob::BlobStore& store,
                                                         replication::SlotScanRequest request,
                                                         Deadline deadline);

// Of every slot, in their order, in one pass.
async::Task<Result<std::vector<replication::SlotDigest>>> DigestSlots(blob::BlobStore& store,
                                                                      Deadline deadline);

}  // namespace tritontube::storage_node
