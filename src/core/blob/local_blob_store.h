#pragma once

#include <string_view>
#include <vector>

#include "core/blob/blob_store.h"

namespace tritontube::blob {

// A store on one disk, which a content node keeps its copies in. There a blob may have to go whose
// upload lives on: its slot has moved to other nodes.
class LocalBlobStore : public BlobStore {
 public:
  // Forgets these blobs, durably. What is not stored is no error. At most kKeysPerRemovalMax.
  virtual async::Task<Result<void>> Remove(std::vector<BlobKey> keys, Deadline deadline) = 0;
  // Blobs that were found damaged since the start, and neither put again nor removed since.
  virtual async::Task<Result<std::vector<BlobKey>>> Damaged(Deadline deadline) = 0;
  // Somebody has found out that it is damaged, and the store has not: it is one of Damaged() now,
  // and putting the right bytes writes them anew. Any thread.
  virtual void MarkDamaged(const BlobKey& key, std::string_view why) = 0;
};

inline constexpr std::size_t kKeysPerRemovalMax = 1000;

}  // namespace tritontube::blob
