#include "base/printable.h"

#include <fmt/format.h>
#include <utf8proc.h>

namespace tritontube {

namespace {

bool IsHarmless(utf8proc_int32_t character) {
  if (character == '"' || character == '\\') return false;
  const utf8proc_category_t category = utf8proc_category(character);
  // Letters, marks, numbers, punctuation, symbols and blanks; no separators of
  // lines, controls, formats, and nothing that Unicode has not given a meaning.
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ZS;
}

void AppendEscape(std::string& out, utf8proc_int32_t character) {
  switch (character) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    default:
      out += character < 0x80 ? fmt::format("\\x{:02X}", character)
                              : fmt::format("\\u{{{:X}}}", character);
  }
}

}  // namespace

std::string Printable(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    if (out.size() >= bytes_max) return out + "...";
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t length =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                         static_cast<utf8proc_ssize_t>(text.size()), &character);
    const auto taken = length > 0 ? static_cast<std::size_t>(length) : std::size_t{1};
    if (length <= 0) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(text.front()));
    } else if (IsHarmless(character)) {
      out += text.substr(0, taken);
    } else {
      AppendEscape(out, character);
    }
    text.remove_prefix(taken);
  }
  return out;
}

}  // namespace tritontube
