#include "core/bmff/box.h"

#include <algorithm>

namespace tritontube::bmff {

std::string ToString(FourCc code) {
  std::string text(4, '.');
  for (std::size_t i = 0; i < 4; ++i) {
    const auto byte = static_cast<unsigned char>(code >> (24U - 8U * i));
    if (byte >= 0x20 && byte < 0x7f) text[i] = static_cast<char>(byte);
  }
  return text;
}

std::span<const std::byte> ByteReader::Take(std::size_t count) {
  if (count > bytes_.size()) {
    ok_ = false;
    bytes_ = {};
    return {};
  }
  const std::span<const std::byte> taken = bytes_.first(count);
  bytes_ = bytes_.subspan(count);
  return taken;
}

std::uint64_t ByteReader::Number(std::size_t width) {
  std::uint64_t number = 0;
  for (const std::byte byte : Take(width)) {
    number = number << 8U | std::to_integer<std::uint64_t>(byte);
  }
  return number;
}

Result<std::optional<Box>> BoxWalker::Next() {
  if (rest_.empty()) return std::nullopt;
  ByteReader reader(rest_);
  ByteCount size = reader.U32();
  Box box{.type = reader.U32(), .header_size = 8, .payload = {}};
  if (size == 1) {
    size = reader.U64();
    box.header_size = 16;
  }
  const ByteCount available = rest_.size();
  if (!reader.ok() || size < box.header_size || size > available) {
    rest_ = {};
    return Fail(ErrorCode::kInvalidArgument, "box '{}' claims {} of {} bytes", ToString(box.type),
                size, available);
  }
  box.payload = rest_.first(size).subspan(box.header_size);
  rest_ = rest_.subspan(size);
  return box;
}

Result<std::optional<Box>> FindOptional(std::span<const std::byte> bytes, FourCc type) {
  std::optional<Box> found;
  BoxWalker walker(bytes);
  while (true) {
    TT_ASSIGN_OR_RETURN(const std::optional<Box> box, walker.Next());
    if (!box) return found;
    if (box->type != type) continue;
    if (found) return Fail(ErrorCode::kInvalidArgument, "two '{}' boxes", ToString(type));
    found = box;
  }
}

Result<Box> FindOnly(std::span<const std::byte> bytes, FourCc type) {
  TT_ASSIGN_OR_RETURN(const std::optional<Box> box, FindOptional(bytes, type));
  if (!box) return Fail(ErrorCode::kInvalidArgument, "no '{}' box", ToString(type));
  return *box;
}

}  // namespace tritontube::bmff
