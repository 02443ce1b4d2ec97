#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tritontube::catalog {

// Text as words with single blanks between them, without case and accents:
// letters and digits, nothing else. Each character of a script that is written
// without blanks is a word of its own, so that a part of such a text is found
// as words that follow each other.
std::string SpacedForSearch(std::string_view text);

// What a person looks for: the parts of `text` between blanks, each as
// SpacedForSearch() makes it, without the empty ones.
std::vector<std::string> PhrasesForSearch(std::string_view text);

}  // namespace tritontube::catalog
