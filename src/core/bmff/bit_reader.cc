#include "core/bmff/bit_reader.h"

#include "base/assert.h"

namespace tritontube::bmff {

std::uint32_t BitReader::Bits(unsigned count) {
  TT_ASSERT(count <= 32, "{} bits", count);
  if (count > remaining()) {
    ok_ = false;
    position_ = bytes_.size() * 8;
    return 0;
  }
  std::uint32_t number = 0;
  for (; count > 0; --count, ++position_) {
    const auto byte = std::to_integer<std::uint32_t>(bytes_[position_ / 8]);
    number = number << 1U | (byte >> (7 - position_ % 8) & 1U);
  }
  return number;
}

void BitReader::Skip(std::size_t count) {
  ok_ = ok_ && count <= remaining();
  position_ += ok_ ? count : remaining();
}

std::uint32_t BitReader::UnsignedGolomb() {
  unsigned zeros = 0;
  while (ok_ && zeros < 32 && !Flag()) ++zeros;
  if (zeros == 32) ok_ = false;  // Larger than any value that the standard allows.
  if (!ok_) return 0;
  return (1U << zeros) - 1U + Bits(zeros);
}

std::int32_t BitReader::SignedGolomb() {
  const std::uint32_t code = UnsignedGolomb();
  const auto magnitude = static_cast<std::int32_t>(code / 2 + code % 2);
  return code % 2 == 1 ? magnitude : -magnitude;
}

}  // namespace tritontube::bmff
