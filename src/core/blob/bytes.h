#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace tritontube::blob {

// Immutable bytes with their owner: a list of spans that stay valid as long as
// any copy of this value lives. How payload travels from a store or a socket to
// a store or a socket without being copied. Copying copies pointers.
class Bytes {
 public:
  Bytes() = default;
  Bytes(std::shared_ptr<const void> owner, std::span<const std::byte> bytes);
  // Takes the string over.
  explicit Bytes(std::string text);

  ByteCount size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const std::vector<std::span<const std::byte>>& spans() const { return spans_; }

  // Puts `tail` behind; both owners are kept.
  void Append(Bytes tail);
  // The bytes [offset, offset + length), sharing the owner. Requires: they exist.
  Bytes Slice(ByteCount offset, ByteCount length) const;
  // One contiguous copy.
  std::string Flatten() const;
  // The single span, without a copy when there is one already.
  std::span<const std::byte> Contiguous(std::string& scratch) const;

 private:
  std::vector<std::shared_ptr<const void>> owners_;
  std::vector<std::span<const std::byte>> spans_;
  ByteCount size_ = 0;
};

}  // namespace tritontube::blob
