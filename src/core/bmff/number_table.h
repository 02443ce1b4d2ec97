#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/assert.h"

// Arrays of big-endian numbers that stay as they are in a box: read where they
// lie, without a copy.
namespace tritontube::bmff {

// The number whose first byte is there; the caller knows that it is whole.
template <typename Number>
Number LoadBigEndian(const std::byte* bytes) {
  Number number;
  std::memcpy(&number, bytes, sizeof number);
  if constexpr (std::endian::native == std::endian::little) {
    if constexpr (sizeof number == 4) return __builtin_bswap32(number);
    if constexpr (sizeof number == 8) return __builtin_bswap64(number);
  }
  return number;
}

// Records of a few 32-bit numbers each, as in 'stts' (two) or 'stsc' (three);
// or of one number of 64 bits, as in 'co64'.
class RecordTable {
 public:
  RecordTable() = default;
  // Requires: `bytes` are whole records.
  RecordTable(std::span<const std::byte> bytes, std::size_t record_bytes)
      : bytes_(bytes),
        record_bytes_(record_bytes),
        count_(static_cast<std::uint32_t>(bytes.size() / record_bytes)) {
    TT_ASSERT(bytes.size() % record_bytes == 0, "{} bytes", bytes.size());
  }

  std::uint32_t count() const { return count_; }
  std::uint32_t U32(std::uint32_t record, std::size_t field = 0) const {
    return LoadBigEndian<std::uint32_t>(At(record) + 4 * field);
  }
  // The record's only number, of 32 or 64 bits.
  std::uint64_t Wide(std::uint32_t record) const {
    return record_bytes_ == 8 ? LoadBigEndian<std::uint64_t>(At(record)) : U32(record);
  }

 private:
  const std::byte* At(std::uint32_t record) const {
    TT_ASSERT(record < count_, "record {} of {}", record, count_);
    return bytes_.data() + std::size_t{record} * record_bytes_;
  }

  std::span<const std::byte> bytes_;
  std::size_t record_bytes_ = 4;
  std::uint32_t count_ = 0;
};

// Numbers of 4, 8, 16 or 32 bits, as in 'stsz' and 'stz2'.
class NumberTable {
 public:
  NumberTable() = default;
  // Requires: `bytes` hold as many numbers as are asked for.
  NumberTable(std::span<const std::byte> bytes, unsigned bits) : bytes_(bytes), bits_(bits) {}

  std::uint32_t At(std::uint32_t index) const {
    const std::size_t first = std::size_t{index} * bits_ / 8;
    TT_ASSERT(first + (bits_ + 7) / 8 <= bytes_.size(), "number {} of {} bytes", index,
              bytes_.size());
    const std::byte* const at = bytes_.data() + first;
    if (bits_ == 32) return LoadBigEndian<std::uint32_t>(at);
    const auto byte = std::to_integer<std::uint32_t>(at[0]);
    if (bits_ == 16) return byte << 8U | std::to_integer<std::uint32_t>(at[1]);
    if (bits_ == 8) return byte;
    return index % 2 == 0 ? byte >> 4U : byte & 0xfU;
  }

 private:
  std::span<const std::byte> bytes_;
  unsigned bits_ = 32;
};

}  // namespace tritontube::bmff
