#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "core/bmff/box.h"

namespace tritontube::bmff {

// Writes boxes and big-endian numbers behind one another. A box takes its size
// from what was written inside it, so nobody counts bytes.
//
//   writer.FullBox(MakeFourCc("mfhd"), 0, 0, [&] { writer.U32(sequence_number); });
class BoxWriter {
 public:
  std::size_t size() const { return bytes_.size(); }
  // So many bytes will be written, about: large boxes need not grow step by step.
  void Reserve(std::size_t size) { bytes_.reserve(size); }
  // What was written; the writer is empty afterwards.
  std::string Take() { return std::exchange(bytes_, {}); }

  void U8(std::uint8_t number) { Number(number, 1); }
  void U16(std::uint16_t number) { Number(number, 2); }
  void U32(std::uint32_t number) { Number(number, 4); }
  void U64(std::uint64_t number) { Number(number, 8); }
  void I32(std::int32_t number) { U32(static_cast<std::uint32_t>(number)); }
  void Zeros(std::size_t count) { bytes_.append(count, '\0'); }
  void Append(std::span<const std::byte> bytes) { bytes_ += AsText(bytes); }
  // Writes over four bytes that were written before.
  void ReplaceU32(std::size_t at, std::uint32_t number);

  // Requires: the box is smaller than 4 GiB.
  template <typename Body>
  void Box(FourCc type, const Body& body) {
    const std::size_t start = Begin(type);
    body();
    End(start);
  }
  template <typename Body>
  void FullBox(FourCc type, std::uint8_t version, std::uint32_t flags, const Body& body) {
    Box(type, [&] {
      U32(std::uint32_t{version} << 24U | flags);
      body();
    });
  }

 private:
  void Number(std::uint64_t number, std::size_t width);
  std::size_t Begin(FourCc type);
  void End(std::size_t start);

  std::string bytes_;
};

}  // namespace tritontube::bmff
