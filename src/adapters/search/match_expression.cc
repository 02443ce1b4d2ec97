#include "adapters/search/match_expression.h"

#include <fmt/format.h>

#include "domain/catalog/search_words.h"

namespace tritontube::search {

std::string MatchExpression(std::string_view words) {
  std::string expression;
  // A phrase is letters, digits and blanks: between quotes nothing of it can be
  // an operator, nor end the quotes.
  for (const std::string& phrase : catalog::PhrasesForSearch(words)) {
    expression += fmt::format("{}\"{}\"", expression.empty() ? "" : " ", phrase);
  }
  if (!expression.empty()) expression += " *";
  return expression;
}

std::string InTitle(std::string_view expression) { return fmt::format("title : ({})", expression); }

std::string NotInTitle(std::string_view expression) {
  return fmt::format("({}) NOT {}", expression, InTitle(expression));
}

}  // namespace tritontube::search
