#pragma once

#include <xxhash.h>

#include <memory>

#include "core/blob/blob_store.h"

namespace tritontube::blob {

// The digest of bytes that come in pieces.
class Digester {
 public:
  Digester();

  void Add(std::span<const std::byte> bytes);
  void Add(const Bytes& bytes);
  Digest digest() const;

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

}  // namespace tritontube::blob
