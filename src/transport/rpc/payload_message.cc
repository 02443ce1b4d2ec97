#include "transport/rpc/payload_message.h"

#include <cstdint>
#include <optional>

namespace tritontube::rpc {

namespace {

// https://protobuf.dev/programming-guides/encoding/
enum WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kLengthDelimited = 2, kFixed32 = 5 };
constexpr std::uint64_t kPayloadField = 15;
constexpr std::uint64_t kFieldNumberMax = (std::uint64_t{1} << 29U) - 1;

void AppendVarint(std::string& text, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) text += static_cast<char>((value & 0x7FU) | 0x80U);
  text += static_cast<char>(value);
}

// Walks over bytes that lie in several spans.
class Cursor {
 public:
  explicit Cursor(const blob::Bytes& bytes) : bytes_(bytes) {}

  ByteCount position() const { return position_; }
  ByteCount left() const { return bytes_.size() - position_; }

  std::optional<std::uint64_t> ReadVarint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && left() > 0; shift += 7) {
      const auto byte = ReadByte();
      // The tenth byte holds only the highest bit.
      if (shift == 63 && byte > 1) return std::nullopt;
      value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

  bool Skip(std::uint64_t count) {
    if (count > left()) return false;
    position_ += count;
    for (; span_ < bytes_.spans().size() && count >= bytes_.spans()[span_].size() - in_span_;
         ++span_) {
      count -= bytes_.spans()[span_].size() - in_span_;
      in_span_ = 0;
    }
    in_span_ += count;
    return true;
  }

 private:
  std::uint8_t ReadByte() {
    const auto byte = std::to_integer<std::uint8_t>(bytes_.spans()[span_][in_span_]);
    Skip(1);
    return byte;
  }

  const blob::Bytes& bytes_;
  ByteCount position_ = 0;
  std::size_t span_ = 0;  // Where the next byte is, unless none is left.
  std::size_t in_span_ = 0;
};

// False when the bytes end before the value does, or have a type that proto3 does not use.
bool SkipValue(Cursor& cursor, std::uint64_t wire_type) {
  switch (wire_type) {
    case kVarint:
      return cursor.ReadVarint().has_value();
    case kFixed64:
      return cursor.Skip(8);
    case kLengthDelimited: {
      const auto length = cursor.ReadVarint();
      return length && cursor.Skip(*length);
    }
    case kFixed32:
      return cursor.Skip(4);
    default:
      return false;
  }
}

std::unexpected<Error> NotAMessage(ByteCount position) {
  return Fail(ErrorCode::kInvalidArgument, "not a message: byte {} does not belong there",
              position);
}

Result<SplitMessage> SplitAt(const blob::Bytes& bytes, ByteCount header, ByteCount payload) {
  if (header > kHeaderBytesMax) {
    return Fail(ErrorCode::kInvalidArgument, "a message of {} bytes beside its payload", header);
  }
  return SplitMessage{.header = bytes.Slice(0, header).Flatten(),
                      .payload = bytes.Slice(payload, bytes.size() - payload)};
}

}  // namespace

blob::Bytes JoinPayload(std::string header, blob::Bytes payload) {
  if (payload.empty()) return blob::Bytes(std::move(header));
  AppendVarint(header, kPayloadField << 3U | kLengthDelimited);
  AppendVarint(header, payload.size());
  blob::Bytes message(std::move(header));
  message.Append(std::move(payload));
  return message;
}

Result<SplitMessage> SplitPayload(const blob::Bytes& bytes) {
  Cursor cursor(bytes);
  while (cursor.left() > 0) {
    const ByteCount begin = cursor.position();
    const auto tag = cursor.ReadVarint();
    if (!tag || *tag >> 3U == 0 || *tag >> 3U > kFieldNumberMax) return NotAMessage(begin);
    if (*tag >> 3U != kPayloadField) {
      if (!SkipValue(cursor, *tag & 7U)) return NotAMessage(begin);
      continue;
    }
    const auto length = cursor.ReadVarint();
    if ((*tag & 7U) != kLengthDelimited || !length || *length != cursor.left()) {
      return NotAMessage(begin);
    }
    return SplitAt(bytes, begin, cursor.position());
  }
  return SplitAt(bytes, bytes.size(), bytes.size());
}

}  // namespace tritontube::rpc
