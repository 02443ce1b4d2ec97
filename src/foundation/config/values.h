#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

// How the values of settings are written. Every Parse is the inverse of its
// Format, and says nothing for a text that is none.
namespace tritontube::config {

// host:port, or [v6]:port. ":port" is every address of this machine.
struct SocketAddress {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;

  bool operator==(const SocketAddress&) const = default;
};

std::optional<SocketAddress> ParseSocketAddress(std::string_view text);
std::string FormatSocketAddress(const SocketAddress& address);

// "4096", "512KiB", "10GiB", "1.5TiB"; also the decimal "10GB". Blanks before
// the unit and the case of its letters do not matter.
std::optional<ByteCount> ParseByteCount(std::string_view text);
// In the largest binary unit of which it is a whole number.
std::string FormatByteCount(ByteCount bytes);

// "250ms", "30s", "10m", "12h", "7d", or several one behind the other: "1h30m".
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);
std::string FormatDuration(std::chrono::milliseconds duration);

std::optional<std::int64_t> ParseInteger(std::string_view text);

// Separated by commas, without the blanks around them. "" is the empty list.
std::vector<std::string> ParseList(std::string_view text);
std::string FormatList(const std::vector<std::string>& items);

}  // namespace tritontube::config
