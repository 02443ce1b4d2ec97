#pragma once

#include <string>
#include <string_view>

namespace tritontube::search {

// FTS5's expression (https://sqlite.org/fts5.html, 3) for rows that have all
// words, the last one as the beginning of a word. Empty when there is no word.
std::string MatchExpression(std::string_view words);

// The same, for rows that have them all in the title, and for those that do not.
std::string InTitle(std::string_view expression);
std::string NotInTitle(std::string_view expression);

}  // namespace tritontube::search
