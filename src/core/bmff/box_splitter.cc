#include "core/bmff/box_splitter.h"

#include <algorithm>
#include <utility>

namespace tritontube::bmff {

// Sets size_ as soon as the pending bytes hold the whole header.
Result<void> BoxSplitter::ReadSize() {
  if (pending_.size() < kShortHeader) return {};
  ByteReader reader(AsBytes(pending_));
  ByteCount size = reader.U32();
  const FourCc type = reader.U32();
  ByteCount header_size = kShortHeader;
  if (size == 1) {
    if (pending_.size() < kLongHeader) return {};
    size = reader.U64();
    header_size = kLongHeader;
  }
  if (size < header_size || size > box_bytes_max_) {
    failed_ = true;
    return Fail(ErrorCode::kInvalidArgument, "box '{}' claims {} bytes; at most {} are taken",
                ToString(type), size, box_bytes_max_);
  }
  size_ = size;
  pending_.reserve(size);
  return {};
}

Result<std::vector<TopLevelBox>> BoxSplitter::Push(std::span<const std::byte> bytes) {
  if (failed_) return Fail(ErrorCode::kInvalidArgument, "the stream of boxes was already broken");
  std::vector<TopLevelBox> boxes;
  while (!bytes.empty()) {
    // A header is fed byte by byte, so that nothing of the next box is taken.
    const ByteCount wanted = size_ == 0 ? 1 : size_ - pending_.size();
    const auto piece = bytes.first(std::min<ByteCount>(wanted, bytes.size()));
    pending_ += AsText(piece);
    bytes = bytes.subspan(piece.size());
    if (size_ == 0) TT_RETURN_IF_ERROR(ReadSize());
    if (size_ == 0 || pending_.size() < size_) continue;
    ByteReader reader(AsBytes(pending_));
    reader.Skip(4);
    const FourCc type = reader.U32();
    boxes.push_back({.type = type, .bytes = blob::Bytes(std::exchange(pending_, {}))});
    size_ = 0;
  }
  return boxes;
}

Result<void> BoxSplitter::Finish() const {
  if (failed_) return Fail(ErrorCode::kInvalidArgument, "the stream of boxes was already broken");
  if (pending_.empty()) return {};
  return Fail(ErrorCode::kInvalidArgument, "the stream ended {} bytes into a box", pending_.size());
}

}  // namespace tritontube::bmff
