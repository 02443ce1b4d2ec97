#pragma once

#include <algorithm>
#include <cstdint>

#include "core/blob/blob_store.h"

namespace tritontube::cluster {

// What a node counts for when slots are shared out: what its disk can take, as far as it matters,
// in MiB.
inline std::uint64_t WeightOf(const blob::StoreStatus& store) {
  return std::max<std::uint64_t>(store.capacity_bytes >> 20U, 1);
}

}  // namespace tritontube::cluster
