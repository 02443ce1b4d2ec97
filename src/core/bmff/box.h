#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace tritontube::bmff {

// The four-character code of a box or a brand, as the number it is on the wire.
using FourCc = std::uint32_t;

constexpr FourCc MakeFourCc(const char (&text)[5]) {
  FourCc code = 0;
  for (int i = 0; i < 4; ++i) code = code << 8U | static_cast<unsigned char>(text[i]);
  return code;
}

// For messages: anything that is not printable ASCII becomes a dot.
std::string ToString(FourCc code);

// Reads big-endian numbers from a span that nobody vouches for. A read past the
// end yields zero and makes ok() false for good, so a parser may read a whole
// structure and ask once at its end.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return bytes_.size(); }

  std::uint8_t U8() { return static_cast<std::uint8_t>(Number(1)); }
  std::uint16_t U16() { return static_cast<std::uint16_t>(Number(2)); }
  std::uint32_t U32() { return static_cast<std::uint32_t>(Number(4)); }
  std::uint64_t U64() { return Number(8); }
  // The next `count` bytes; empty, and ok() false, when there are fewer.
  std::span<const std::byte> Take(std::size_t count);
  std::span<const std::byte> TakeRest() { return Take(bytes_.size()); }
  void Skip(std::size_t count) { Take(count); }

 private:
  std::uint64_t Number(std::size_t width);

  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

// Of a box whose size has 32 bits, and of one whose size has 64.
inline constexpr std::size_t kShortHeader = 8;
inline constexpr std::size_t kLongHeader = 16;

// A box inside bytes that are held by someone else.
struct Box {
  FourCc type = 0;
  ByteCount header_size = 0;           // 8, or 16 with a 64-bit size.
  std::span<const std::byte> payload;  // Without the header.

  ByteCount size() const { return header_size + payload.size(); }
};

// Walks the boxes that fill a span one after another (ISO/IEC 14496-12, 4.2).
// Sizes of zero ("to the end of the file") are refused: we neither write nor
// need them, and they have no meaning inside another box.
class BoxWalker {
 public:
  explicit BoxWalker(std::span<const std::byte> bytes) : rest_(bytes) {}

  // The next box, nothing at the end, or kInvalidArgument when what is left is
  // not a box. Ends after an error.
  Result<std::optional<Box>> Next();

 private:
  std::span<const std::byte> rest_;
};

// The only child of that type. Errors: kInvalidArgument when it is missing,
// there twice, or the bytes are not boxes.
Result<Box> FindOnly(std::span<const std::byte> bytes, FourCc type);
// The same, but it may be missing.
Result<std::optional<Box>> FindOptional(std::span<const std::byte> bytes, FourCc type);

// Calls `visit` with the payload of every child of that type, until it fails.
template <typename Visit>
Result<void> ForEachBox(std::span<const std::byte> bytes, FourCc type, const Visit& visit) {
  BoxWalker walker(bytes);
  while (true) {
    TT_ASSIGN_OR_RETURN(const std::optional<Box> box, walker.Next());
    if (!box) return {};
    if (box->type == type) TT_RETURN_IF_ERROR(visit(box->payload));
  }
}

}  // namespace tritontube::bmff
