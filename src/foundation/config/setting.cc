#include "foundation/config/setting.h"

#include <fmt/ranges.h>

#include <algorithm>

namespace tritontube::config {

namespace {

constexpr std::string_view kOff = "off";

// A row whose value is what `parse` makes of a text that it accepts.
template <typename T, typename Parse, typename Format>
Setting Row(std::string_view name, std::string_view placeholder, std::string_view expected,
            std::string_view meaning, T& target, Parse parse, Format format) {
  return {.name = std::string(name),
          .placeholder = std::string(placeholder),
          .expected = std::string(expected),
          .meaning = std::string(meaning),
          .set =
              [&target, parse](std::string_view text) {
                auto value = parse(text);
                if (!value) return false;
                target = *std::move(value);
                return true;
              },
          .text = [&target, format] { return format(target); }};
}

template <typename T, typename Format>
std::string WithRange(std::string_view kind, const Range<T>& range, Format format) {
  const Range<T> whole;
  std::string text(kind);
  if (range.min != whole.min) text += ", at least " + format(range.min);
  if (range.max != whole.max) text += ", at most " + format(range.max);
  return text;
}

// What `parse` gives when it lies in `range`.
template <typename T, typename Parse>
auto Within(Range<T> range, Parse parse) {
  return [range, parse](std::string_view text) {
    std::optional<T> value = parse(text);
    return value && range.Contains(*value) ? value : std::nullopt;
  };
}

bool IsOfAHost(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == ':' || c == '-';
}

}  // namespace

std::string Setting::EnvironmentName() const {
  std::string variable = "TRITONTUBE_";
  for (const char c : name) {
    variable += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return variable;
}

std::string ExpectedInteger(std::int64_t min, std::int64_t max) {
  return fmt::format("a whole number from {} to {}", min, max);
}

std::string ExpectedChoice(const std::vector<std::string>& names) {
  return fmt::format("one of {}", fmt::join(names, ", "));
}

Setting Host(std::string_view name, std::string& target, std::string_view meaning) {
  const auto parse = [](std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, IsOfAHost) ? std::optional(std::string(text))
                                                                 : std::nullopt;
  };
  return Row(name, "HOST", "a name or an address of this machine", meaning, target, parse,
             [](const std::string& value) { return value; });
}

Setting Path(std::string_view name, std::filesystem::path& target, std::string_view meaning) {
  return Row(
      name, "PATH", "a path", meaning, target,
      [](std::string_view text) {
        return text.empty() ? std::nullopt : std::optional(std::filesystem::path(text));
      },
      [](const std::filesystem::path& value) { return value.string(); });
}

Setting Address(std::string_view name, SocketAddress& target, std::string_view meaning) {
  return Row(name, "HOST:PORT", "an address and a port, such as 127.0.0.1:3344 or [::1]:3344",
             meaning, target, ParseSocketAddress, FormatSocketAddress);
}

Setting OptionalAddress(std::string_view name, std::optional<SocketAddress>& target,
                        std::string_view meaning) {
  using Parsed = std::optional<std::optional<SocketAddress>>;
  const auto parse = [](std::string_view text) -> Parsed {
    if (text == kOff) return Parsed(std::in_place, std::nullopt);
    const std::optional<SocketAddress> address = ParseSocketAddress(text);
    return address ? Parsed(std::in_place, address) : std::nullopt;
  };
  const auto format = [](const std::optional<SocketAddress>& address) {
    return address ? FormatSocketAddress(*address) : std::string(kOff);
  };
  return Row(name, "HOST:PORT", "an address and a port, such as 127.0.0.1:9100, or off", meaning,
             target, parse, format);
}

Setting List(std::string_view name, std::vector<std::string>& target, std::string_view meaning) {
  return Row(
      name, "A,B,...", "a list, separated by commas", meaning, target,
      [](std::string_view text) { return std::optional(ParseList(text)); }, FormatList);
}

Setting Size(std::string_view name, ByteCount& target, Range<ByteCount> range,
             std::string_view meaning) {
  return Row(name, "SIZE",
             WithRange("a size such as 4096, 512MiB or 10GiB", range, FormatByteCount), meaning,
             target, Within(range, ParseByteCount), FormatByteCount);
}

Setting Duration(std::string_view name, std::chrono::milliseconds& target,
                 Range<std::chrono::milliseconds> range, std::string_view meaning) {
  return Row(name, "TIME", WithRange("a time such as 250ms, 30s, 12h or 7d", range, FormatDuration),
             meaning, target, Within(range, ParseDuration), FormatDuration);
}

}  // namespace tritontube::config
