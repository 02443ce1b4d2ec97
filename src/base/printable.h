#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tritontube {

inline constexpr std::size_t kPrintableBytesMax = 1024;

// `text` from outside, fit for a terminal and a line of a log: what would move
// the cursor, end the line, turn the reading direction or be no UTF-8 is written
// as an escape (\n, \x1B, \u{202E}), and so are quotes and backslashes, so that
// nothing in it can look like the end of it. Cut behind about `bytes_max` bytes.
std::string Printable(std::string_view text, std::size_t bytes_max = kPrintableBytesMax);

}  // namespace tritontube
