#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "domain/catalog/search_index.h"

namespace tritontube::search {

// Behind which row a page begins. Its text is for URLs and says for which order
// it is.
struct Cursor {
  bool in_titles = true;   // kTitleMatches: still among those that match in the title.
  std::int64_t place = 0;  // Of that row; see index_database.h.
  std::string title = {};  // Orders by title: of that row, as it is sorted.

  bool operator==(const Cursor&) const = default;
};

std::string CursorText(catalog::SearchOrder order, const Cursor& cursor);
// Nothing when it is not one of that order.
std::optional<Cursor> ParseCursor(catalog::SearchOrder order, std::string_view text);

}  // namespace tritontube::search
