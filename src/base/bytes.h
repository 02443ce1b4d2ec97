#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace tritontube {

// A number of bytes. Sizes on disk and wire are 64 bits wide on every machine.
using ByteCount = std::uint64_t;

namespace literals {
constexpr ByteCount operator""_KiB(unsigned long long count) { return count << 10U; }
constexpr ByteCount operator""_MiB(unsigned long long count) { return count << 20U; }
constexpr ByteCount operator""_GiB(unsigned long long count) { return count << 30U; }
constexpr ByteCount operator""_TiB(unsigned long long count) { return count << 40U; }
}  // namespace literals

inline std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text));
}

inline std::string_view AsText(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace tritontube
