#pragma once

#include <optional>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/replication/node_client.h"

// What a store has of one slot. The store is in the order of the keys and a slot is a hash of
// them, so each of these looks at all keys.
namespace tritontube::storage_node {

struct SlotScanPage {
  std::vector<blob::ScanItem> items = {};
  bool more = false;
  // How far was looked, also where nothing was of the slot: where the next page begins.
  std::optional<blob::BlobKey> last = {};
};

// At most so many keys are looked at for one page.
inline constexpr std::size_t kKeysPerSlotPage = 10'000;

async::Task<Result<SlotScanPage>> ScanSlot(blob::BlobStore& store,
                                           replication::SlotScanRequest request, Deadline deadline);

// Of every slot, in their order, in one pass.
async::Task<Result<std::vector<replication::SlotDigest>>> DigestSlots(blob::BlobStore& store,
                                                                      Deadline deadline);

}  // namespace tritontube::storage_node
