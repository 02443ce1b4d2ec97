#pragma once

#include <string>
#include <string_view>

// What the names of protocols, tags and settings are made of, whatever the text around them is and
// whatever the locale says. Pure.
namespace tritontube {

constexpr char AsciiLower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
inline std::string AsciiLower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = AsciiLower(c);
  return lower;
}

// Moves a cursor or ends a line instead of being shown.
constexpr bool IsAsciiControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

}  // namespace tritontube
