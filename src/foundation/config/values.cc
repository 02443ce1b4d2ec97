#include "foundation/config/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/ascii.h"

namespace tritontube::config {

namespace {

using std::chrono::milliseconds;

constexpr auto kByteUnits = std::to_array<std::pair<std::string_view, ByteCount>>({
    {"tib", ByteCount{1} << 40U},
    {"gib", ByteCount{1} << 30U},
    {"mib", ByteCount{1} << 20U},
    {"kib", ByteCount{1} << 10U},
    {"tb", 1'000'000'000'000},
    {"gb", 1'000'000'000},
    {"mb", 1'000'000},
    {"kb", 1'000},
    {"b", 1},
    {"", 1},
});
constexpr auto kBinaryUnits = std::to_array<std::pair<std::string_view, ByteCount>>({
    {"TiB", ByteCount{1} << 40U},
    {"GiB", ByteCount{1} << 30U},
    {"MiB", ByteCount{1} << 20U},
    {"KiB", ByteCount{1} << 10U},
});
constexpr auto kDurationUnits = std::to_array<std::pair<std::string_view, milliseconds>>({
    {"d", std::chrono::days(1)},
    {"h", std::chrono::hours(1)},
    {"m", std::chrono::minutes(1)},
    {"s", std::chrono::seconds(1)},
    {"ms", milliseconds(1)},
});
constexpr milliseconds kDurationMax = std::chrono::years(100);

template <typename T>
std::optional<T> ParseWhole(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

// Takes the digits at the front of `text` away.
std::string_view TakeNumber(std::string_view& text, std::string_view characters) {
  const std::size_t length = std::min(text.find_first_not_of(characters), text.size());
  const std::string_view number = text.substr(0, length);
  text.remove_prefix(length);
  return number;
}

std::string_view TakeUnit(std::string_view& text) {
  const std::size_t length = std::min(text.find_first_of("0123456789"), text.size());
  const std::string_view unit = text.substr(0, length);
  text.remove_prefix(length);
  return unit;
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

template <typename Units>
auto FactorOf(const Units& units, std::string_view name)
    -> std::optional<decltype(units.front().second)> {
  for (const auto& [unit, factor] : units) {
    if (unit == name) return factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<SocketAddress> ParseSocketAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = ParseWhole<std::uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.contains(':')) return std::nullopt;
  return SocketAddress{.host = std::string(host.empty() ? "0.0.0.0" : host), .port = *port};
}

std::string FormatSocketAddress(const SocketAddress& address) {
  return address.host.contains(':') ? fmt::format("[{}]:{}", address.host, address.port)
                                    : fmt::format("{}:{}", address.host, address.port);
}

std::optional<ByteCount> ParseByteCount(std::string_view text) {
  const std::string_view number = TakeNumber(text, "0123456789.");
  const auto factor = FactorOf(kByteUnits, AsciiLower(Trim(text)));
  if (!factor) return std::nullopt;
  if (const auto whole = ParseWhole<ByteCount>(number)) {
    ByteCount bytes = 0;
    if (__builtin_mul_overflow(*whole, *factor, &bytes)) return std::nullopt;
    return bytes;
  }
  double fraction = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), fraction);
  const double bytes = fraction * static_cast<double>(*factor);
  if (number.empty() || error != std::errc() || end != number.data() + number.size() ||
      *factor == 1 || bytes >= std::ldexp(1.0, 63)) {
    return std::nullopt;
  }
  return static_cast<ByteCount>(bytes);
}

std::string FormatByteCount(ByteCount bytes) {
  for (const auto& [unit, factor] : kBinaryUnits) {
    if (bytes != 0 && bytes % factor == 0) return fmt::format("{}{}", bytes / factor, unit);
  }
  return fmt::format("{}", bytes);
}

std::optional<milliseconds> ParseDuration(std::string_view text) {
  if (text == "0") return milliseconds(0);
  if (text.empty()) return std::nullopt;
  milliseconds sum{0};
  while (!text.empty()) {
    const auto count = ParseWhole<std::int64_t>(TakeNumber(text, "0123456789"));
    const auto unit = FactorOf(kDurationUnits, AsciiLower(Trim(TakeUnit(text))));
    if (!count || !unit || *count > kDurationMax / *unit) return std::nullopt;
    sum += *count * *unit;
  }
  return sum <= kDurationMax ? std::optional(sum) : std::nullopt;
}

std::string FormatDuration(milliseconds duration) {
  if (duration == milliseconds(0)) return "0";
  std::string text;
  for (const auto& [unit, factor] : kDurationUnits) {
    if (duration >= factor) text += fmt::format("{}{}", duration / factor, unit);
    duration %= factor;
  }
  return text;
}

std::optional<std::int64_t> ParseInteger(std::string_view text) {
  return ParseWhole<std::int64_t>(text);
}

std::vector<std::string> ParseList(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = Trim(text.substr(0, comma));
    if (!item.empty()) items.emplace_back(item);
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::string FormatList(const std::vector<std::string>& items) {
  return fmt::format("{}", fmt::join(items, ","));
}

}  // namespace tritontube::config
