#pragma once

#include <chrono>
#include <concepts>
#include <filesystem>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "foundation/config/values.h"

namespace tritontube::config {

// One row of a table of settings: a name, what it means, and the member of a
// module's options that it sets. The default is what that member holds when the
// row is made, so that it stands in one place: the module's own struct.
struct Setting {
  std::string name;         // "upload-bytes-max": the flag without its dashes, and the TOML key.
  std::string placeholder;  // "SIZE", for --help.
  std::string expected;     // "a size such as 10GiB", for what is said of a wrong value.
  std::string meaning;      // One line without a full stop.
  std::function<bool(std::string_view)> set;  // False when the text is not as expected.
  std::function<std::string()> text;          // The value now.

  // TRITONTUBE_UPLOAD_BYTES_MAX
  std::string EnvironmentName() const;
};

// Both ends are allowed.
template <typename T>
struct Range {
  T min = std::numeric_limits<T>::min();
  T max = std::numeric_limits<T>::max();

  bool Contains(T value) const { return min <= value && value <= max; }
};
template <>
struct Range<std::chrono::milliseconds> {
  std::chrono::milliseconds min{0};
  std::chrono::milliseconds max = std::chrono::years(100);

  bool Contains(std::chrono::milliseconds value) const { return min <= value && value <= max; }
};

// Each refers to `target`, which must outlive the row.
// A name or an address, without a port.
Setting Host(std::string_view name, std::string& target, std::string_view meaning);
Setting Path(std::string_view name, std::filesystem::path& target, std::string_view meaning);
Setting Address(std::string_view name, SocketAddress& target, std::string_view meaning);
// Nothing is written "off".
Setting OptionalAddress(std::string_view name, std::optional<SocketAddress>& target,
                        std::string_view meaning);
Setting List(std::string_view name, std::vector<std::string>& target, std::string_view meaning);
Setting Size(std::string_view name, ByteCount& target, Range<ByteCount> range,
             std::string_view meaning);
Setting Duration(std::string_view name, std::chrono::milliseconds& target,
                 Range<std::chrono::milliseconds> range, std::string_view meaning);

// What Integer() and Choice() share with the other kinds.
std::string ExpectedInteger(std::int64_t min, std::int64_t max);
std::string ExpectedChoice(const std::vector<std::string>& names);

template <std::integral T>
Setting Integer(std::string_view name, T& target, Range<T> range, std::string_view meaning) {
  return {.name = std::string(name),
          .placeholder = "N",
          .expected = ExpectedInteger(static_cast<std::int64_t>(range.min),
                                      static_cast<std::int64_t>(range.max)),
          .meaning = std::string(meaning),
          .set =
              [&target, range](std::string_view text) {
                const auto value = ParseInteger(text);
                if (!value || !std::in_range<T>(*value)) return false;
                if (!range.Contains(static_cast<T>(*value))) return false;
                target = static_cast<T>(*value);
                return true;
              },
          .text = [&target] { return fmt::format("{}", target); }};
}

// One of a few words, each with the value that it stands for.
template <typename T>
Setting Choice(std::string_view name, T& target,
               const std::vector<std::pair<std::string, T>>& choices, std::string_view meaning) {
  std::vector<std::string> names;
  names.reserve(choices.size());
  for (const auto& [word, value] : choices) names.push_back(word);
  return {.name = std::string(name),
          .placeholder = "WORD",
          .expected = ExpectedChoice(names),
          .meaning = std::string(meaning),
          .set =
              [&target, choices](std::string_view text) {
                for (const auto& [word, value] : choices) {
                  if (word != text) continue;
                  target = value;
                  return true;
                }
                return false;
              },
          .text =
              [&target, choices] {
                for (const auto& [word, value] : choices) {
                  if (value == target) return word;
                }
                return std::string();
              }};
}

}  // namespace tritontube::config
