#include "domain/catalog/title.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <memory>

namespace tritontube::catalog {

namespace {

constexpr utf8proc_int32_t kReplacement = 0xFFFD;
constexpr int kNfc = UTF8PROC_COMPOSE | UTF8PROC_STABLE;
constexpr std::size_t kNoLimit = std::numeric_limits<std::size_t>::max();

struct FreeDeleter {
  void operator()(utf8proc_uint8_t* text) const { std::free(text); }  // NOLINT: C's allocation
};

void Append(std::string& text, utf8proc_int32_t code_point) {
  utf8proc_uint8_t bytes[4];
  const utf8proc_ssize_t size = utf8proc_encode_char(code_point, bytes);
  text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
}

// The code point that `text` begins with, which it then no longer does.
utf8proc_int32_t TakeCodePoint(std::string_view& text) {
  utf8proc_int32_t code_point = -1;
  const utf8proc_ssize_t size =
      utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                       static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  text.remove_prefix(size > 0 ? static_cast<std::size_t>(size) : 1);
  return size > 0 ? code_point : kReplacement;
}

bool IsLineSeparator(utf8proc_int32_t c) { return c == 0x2028 || c == 0x2029; }

// Control characters, and those that turn the direction of what stands behind
// the title or are seen by nobody. Joiners stay: emoji and scripts need them.
bool IsUnwanted(utf8proc_int32_t c) {
  const bool turns_direction = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  const bool is_byte_order_mark = c == 0xFEFF;
  return utf8proc_category(c) == UTF8PROC_CATEGORY_CC || turns_direction || IsLineSeparator(c) ||
         is_byte_order_mark;
}

bool IsSpace(utf8proc_int32_t c) {
  return utf8proc_category(c) == UTF8PROC_CATEGORY_ZS || c == '\n' || c == '\t';
}

// Valid UTF-8 in, so the only failure is a lack of memory: then it stays as it is.
std::string Map(const std::string& text, int options) {
  utf8proc_uint8_t* mapped = nullptr;
  const utf8proc_ssize_t size = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                             static_cast<utf8proc_ssize_t>(text.size()), &mapped,
                                             static_cast<utf8proc_option_t>(options));
  const std::unique_ptr<utf8proc_uint8_t, FreeDeleter> owner(mapped);
  if (size < 0) return text;
  return {reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size)};
}

std::string WithoutUnwanted(std::string_view text) {
  std::string wanted;
  while (!text.empty()) {
    const utf8proc_int32_t code_point = TakeCodePoint(text);
    if (!IsUnwanted(code_point)) Append(wanted, code_point);
  }
  return wanted;
}

// Unix's line ends, tabs, and nothing else that is unwanted.
std::string WithoutUnwantedInLines(std::string_view text) {
  std::string wanted;
  while (!text.empty()) {
    const utf8proc_int32_t code_point = TakeCodePoint(text);
    if (code_point == '\r' && text.starts_with('\n')) continue;
    if (code_point == '\r' || code_point == '\n' || IsLineSeparator(code_point)) {
      wanted += '\n';
    } else if (code_point == '\t' || !IsUnwanted(code_point)) {
      Append(wanted, code_point);
    }
  }
  return wanted;
}

// At most `code_points_max` code points, without spaces around them.
std::string Trimmed(std::string_view text, std::size_t code_points_max) {
  std::string trimmed;
  std::size_t end = 0;  // Of the last code point that is no space.
  for (std::size_t count = 0; !text.empty() && count < code_points_max;) {
    const utf8proc_int32_t code_point = TakeCodePoint(text);
    if (trimmed.empty() && IsSpace(code_point)) continue;
    Append(trimmed, code_point);
    ++count;
    if (!IsSpace(code_point)) end = trimmed.size();
  }
  trimmed.resize(end);
  return trimmed;
}

std::string_view WithoutFolders(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  return slash == std::string_view::npos ? name : name.substr(slash + 1);
}

// "Chapter 1. Intro" has no extension: none has a space in it.
std::string_view WithoutExtension(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return name;
  if (name.find(' ', dot) != std::string_view::npos) return name;
  return name.substr(0, dot);
}

bool IsMediaExtension(std::string_view extension) {
  static constexpr std::array<std::string_view, 26> kExtensions = {
      "3g2", "3gp", "aac", "asf", "avi", "flac", "flv", "m2ts", "m4a",
      "m4v", "mkv", "mov", "mp3", "mp4", "mpeg", "mpg", "mts",  "oga",
      "ogg", "ogv", "ts",  "vob", "wav", "webm", "wma", "wmv"};
  std::string lower;
  for (const char c : extension) lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return std::ranges::find(kExtensions, lower) != kExtensions.end();
}

}  // namespace

std::string TitleFromWords(std::string_view text) {
  const std::size_t dot = text.rfind('.');
  if (dot != std::string_view::npos && IsMediaExtension(text.substr(dot + 1))) {
    return TitleFromFileName(text);
  }
  return CleanTitle(text);
}

std::string CleanTitle(std::string_view text) {
  return Trimmed(CleanLine(text), kTitleCodePointsMax);
}

std::string CleanLine(std::string_view text) {
  return Trimmed(Map(WithoutUnwanted(text), kNfc), kNoLimit);
}

std::string CleanLines(std::string_view text) {
  return Trimmed(Map(WithoutUnwantedInLines(text), kNfc), kNoLimit);
}

std::size_t CodePointCount(std::string_view text) {
  // Every byte but those that continue a code point begins one.
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string TitleFromFileName(std::string_view file_name) {
  const std::string title = CleanTitle(WithoutExtension(WithoutFolders(file_name)));
  return title.empty() ? "Untitled" : title;
}

std::string FoldForSearch(std::string_view text) {
  return Map(WithoutUnwanted(text),
             UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK);
}

}  // namespace tritontube::catalog
