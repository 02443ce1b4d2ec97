#include "domain/timed_text/text_encoding.h"

#include <utf8proc.h>

#include <array>
#include <cstdint>

namespace tritontube::timed_text {

namespace {

constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";
constexpr std::string_view kBigEndianMark = "\xFE\xFF";
constexpr std::string_view kLittleEndianMark = "\xFF\xFE";

void AppendUtf8(std::string& text, std::int32_t code) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(code, bytes.data());
  text.append(reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size));
}

constexpr bool IsHighSurrogate(std::uint32_t unit) { return unit >= 0xD800 && unit < 0xDC00; }
constexpr bool IsLowSurrogate(std::uint32_t unit) { return unit >= 0xDC00 && unit < 0xE000; }

Result<std::string> FromUtf16(std::string_view bytes, bool big_endian) {
  if (bytes.size() % 2 != 0) {
    return Fail(ErrorCode::kInvalidArgument, "The captions break off in the middle of a letter.");
  }
  const auto unit_at = [&](std::size_t at) -> std::uint32_t {
    const std::uint32_t first = static_cast<unsigned char>(bytes[at]);
    const std::uint32_t second = static_cast<unsigned char>(bytes[at + 1]);
    return big_endian ? first << 8U | second : second << 8U | first;
  };
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += 2) {
    std::uint32_t code = unit_at(at);
    if (IsHighSurrogate(code) && at + 2 < bytes.size() && IsLowSurrogate(unit_at(at + 2))) {
      at += 2;
      code = 0x10000 + ((code - 0xD800) << 10U) + (unit_at(at) - 0xDC00);
    } else if (IsHighSurrogate(code) || IsLowSurrogate(code)) {
      code = 0xFFFD;  // Half a letter.
    }
    AppendUtf8(text, static_cast<std::int32_t>(code));
  }
  return text;
}

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    utf8proc_int32_t code = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(bytes.data()),
                                       static_cast<utf8proc_ssize_t>(bytes.size()), &code);
    if (size <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
  return true;
}

// "\r\n" and "\r" become "\n"; other controls have no business in a caption.
std::string WithoutControls(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '\r') {
      if (i + 1 == text.size() || text[i + 1] != '\n') clean += '\n';
    } else if ((c >= 0x20 && c != 0x7F) || c == '\n' || c == '\t') {
      clean += text[i];
    }
  }
  return clean;
}

}  // namespace

Result<std::string> DecodeText(std::string_view bytes) {
  std::string text;
  if (bytes.starts_with(kBigEndianMark)) {
    TT_ASSIGN_OR_RETURN(text, FromUtf16(bytes.substr(kBigEndianMark.size()), true));
  } else if (bytes.starts_with(kLittleEndianMark)) {
    TT_ASSIGN_OR_RETURN(text, FromUtf16(bytes.substr(kLittleEndianMark.size()), false));
  } else {
    if (bytes.starts_with(kUtf8Mark)) bytes.remove_prefix(kUtf8Mark.size());
    text = bytes;
  }
  if (!IsUtf8(text)) {
    return Fail(ErrorCode::kInvalidArgument,
                "The captions are not in UTF-8. Save the file as UTF-8 and send it again.");
  }
  return WithoutControls(text);
}

}  // namespace tritontube::timed_text
