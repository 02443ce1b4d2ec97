#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tritontube::bmff {

// Reads bits, the most significant first, from a span that nobody vouches for.
// A read past the end yields zero and makes ok() false for good.
class BitReader {
 public:
  explicit BitReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  std::size_t remaining() const { return bytes_.size() * 8 - position_; }

  bool Flag() { return Bits(1) != 0; }
  // Requires: count <= 32.
  std::uint32_t Bits(unsigned count);
  void Skip(std::size_t count);
  // The exponential Golomb codes ue(v) and se(v) of ITU-T H.264, 9.1.
  std::uint32_t UnsignedGolomb();
  std::int32_t SignedGolomb();

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace tritontube::bmff
