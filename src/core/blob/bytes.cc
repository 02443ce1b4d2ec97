#include "core/blob/bytes.h"

#include <algorithm>

#include "base/assert.h"

namespace tritontube::blob {

Bytes::Bytes(std::shared_ptr<const void> owner, std::span<const std::byte> bytes)
    : size_(bytes.size()) {
  if (bytes.empty()) return;
  owners_.push_back(std::move(owner));
  spans_.push_back(bytes);
}

Bytes::Bytes(std::string text) {
  auto owner = std::make_shared<const std::string>(std::move(text));
  const std::span<const std::byte> bytes = AsBytes(*owner);
  *this = Bytes(std::move(owner), bytes);
}

void Bytes::Append(Bytes tail) {
  owners_.insert(owners_.end(), std::make_move_iterator(tail.owners_.begin()),
                 std::make_move_iterator(tail.owners_.end()));
  spans_.insert(spans_.end(), tail.spans_.begin(), tail.spans_.end());
  size_ += tail.size_;
}

Bytes Bytes::Slice(ByteCount offset, ByteCount length) const {
  TT_ASSERT(offset <= size_ && length <= size_ - offset, "slice [{}, +{}) of {} bytes", offset,
            length, size_);
  Bytes slice;
  slice.owners_ = owners_;
  slice.size_ = length;
  for (const std::span<const std::byte> span : spans_) {
    if (length == 0) break;
    if (offset >= span.size()) {
      offset -= span.size();
      continue;
    }
    const auto piece = span.subspan(offset, std::min<ByteCount>(length, span.size() - offset));
    slice.spans_.push_back(piece);
    length -= piece.size();
    offset = 0;
  }
  return slice;
}

std::string Bytes::Flatten() const {
  std::string text;
  text.reserve(size_);
  for (const std::span<const std::byte> span : spans_) text += AsText(span);
  return text;
}

std::span<const std::byte> Bytes::Contiguous(std::string& scratch) const {
  if (spans_.empty()) return {};
  if (spans_.size() == 1) return spans_.front();
  scratch = Flatten();
  return AsBytes(scratch);
}

}  // namespace tritontube::blob
