#include "core/blob/digester.h"

#include "base/assert.h"

namespace tritontube::blob {

Digester::Digester() : state_(XXH3_createState(), XXH3_freeState) {
  TT_ASSERT(state_ != nullptr, "out of memory");
  XXH3_128bits_reset(state_.get());
}

void Digester::Add(std::span<const std::byte> bytes) {
  XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
}

void Digester::Add(const Bytes& bytes) {
  for (const std::span<const std::byte> span : bytes.spans()) Add(span);
}

Digest Digester::digest() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
  return {.high = hash.high64, .low = hash.low64};
}

}  // namespace tritontube::blob
