#include "adapters/search/cursor.h"

#include <fmt/format.h>

#include <charconv>

namespace tritontube::search {

using catalog::SearchOrder;

namespace {

constexpr std::size_t kPlaceDigits = 16;
constexpr std::size_t kTitleBytesMax = 256;

// A letter for each order, and one for the second half of kTitleMatches.
char LetterOf(SearchOrder order, bool in_titles) {
  switch (order) {
    case SearchOrder::kNewest:
      return 'n';
    case SearchOrder::kOldest:
      return 'o';
    case SearchOrder::kTitle:
      return 't';
    case SearchOrder::kTitleDescending:
      return 'd';
    case SearchOrder::kTitleMatches:
      return in_titles ? 'm' : 'r';
  }
  return '?';
}

template <typename T>
std::optional<T> FromHex(std::string_view digits) {
  T value = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<std::string> BytesFromHex(std::string_view digits) {
  if (digits.size() % 2 != 0 || digits.size() > 2 * kTitleBytesMax) return std::nullopt;
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const std::optional<std::uint8_t> byte = FromHex<std::uint8_t>(digits.substr(i, 2));
    if (!byte) return std::nullopt;
    bytes += static_cast<char>(*byte);
  }
  return bytes;
}

}  // namespace

std::string CursorText(SearchOrder order, const Cursor& cursor) {
  std::string text = fmt::format("{}{:016x}", LetterOf(order, cursor.in_titles), cursor.place);
  for (const char c : cursor.title) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text;
}

std::optional<Cursor> ParseCursor(SearchOrder order, std::string_view text) {
  if (text.size() < 1 + kPlaceDigits) return std::nullopt;
  Cursor cursor{.in_titles =
                    text.front() != LetterOf(order, false) || order != SearchOrder::kTitleMatches};
  if (text.front() != LetterOf(order, cursor.in_titles)) return std::nullopt;
  const auto place = FromHex<std::int64_t>(text.substr(1, kPlaceDigits));
  const auto title = BytesFromHex(text.substr(1 + kPlaceDigits));
  if (!place || *place < 0 || !title) return std::nullopt;
  cursor.place = *place;
  cursor.title = *title;
  return cursor;
}

}  // namespace tritontube::search
