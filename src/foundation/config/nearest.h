#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tritontube::config {

// The one of `known` that somebody who wrote `word` may have meant: the fewest
// letters added, left out, changed or swapped, if these are few for its length.
std::optional<std::string> Nearest(std::string_view word, std::span<const std::string> known);

// "; did you mean --workers?", or nothing.
std::string DidYouMean(std::string_view word, std::span<const std::string> known);

}  // namespace tritontube::config
