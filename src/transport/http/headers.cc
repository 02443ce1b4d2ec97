#include "transport/http/headers.h"

#include <algorithm>

#include "base/ascii.h"

namespace tritontube::http {

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  constexpr auto kLower = [](char c) { return AsciiLower(c); };
  return std::ranges::equal(a, b, {}, kLower, kLower);
}

std::string_view TrimBlanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<std::string_view> Headers::Get(std::string_view name) const {
  for (const Header& header : headers_) {
    if (EqualsIgnoringCase(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::size_t Headers::Count(std::string_view name) const {
  return static_cast<std::size_t>(std::ranges::count_if(
      headers_, [&](const Header& header) { return EqualsIgnoringCase(header.name, name); }));
}

bool Headers::HasToken(std::string_view name, std::string_view token) const {
  for (const Header& header : headers_) {
    if (!EqualsIgnoringCase(header.name, name)) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      if (EqualsIgnoringCase(TrimBlanks(rest.substr(0, comma)), token)) return true;
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return false;
}

void Headers::Add(std::string_view name, std::string_view value) {
  headers_.push_back({std::string(name), std::string(value)});
}

void Headers::Set(std::string_view name, std::string_view value) {
  Remove(name);
  Add(name, value);
}

void Headers::Remove(std::string_view name) {
  std::erase_if(headers_,
                [&](const Header& header) { return EqualsIgnoringCase(header.name, name); });
}

}  // namespace tritontube::http
