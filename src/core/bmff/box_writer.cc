#include "core/bmff/box_writer.h"

#include <limits>

namespace tritontube::bmff {

void BoxWriter::Number(std::uint64_t number, std::size_t width) {
  for (std::size_t i = width; i-- > 0;) bytes_ += static_cast<char>(number >> (8U * i));
}

void BoxWriter::ReplaceU32(std::size_t at, std::uint32_t number) {
  TT_ASSERT(at + 4 <= bytes_.size(), "{} of {} bytes", at, bytes_.size());
  for (std::size_t i = 0; i < 4; ++i) bytes_[at + i] = static_cast<char>(number >> (24U - 8U * i));
}

std::size_t BoxWriter::Begin(FourCc type) {
  const std::size_t start = bytes_.size();
  U32(0);
  U32(type);
  return start;
}

void BoxWriter::End(std::size_t start) {
  const std::size_t size = bytes_.size() - start;
  TT_ASSERT(size <= std::numeric_limits<std::uint32_t>::max(), "a box of {} bytes", size);
  ReplaceU32(start, static_cast<std::uint32_t>(size));
}

}  // namespace tritontube::bmff
