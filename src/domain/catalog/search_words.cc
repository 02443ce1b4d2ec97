#include "domain/catalog/search_words.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <utility>

#include "domain/catalog/title.h"

namespace tritontube::catalog {

namespace {

using CodePoint = utf8proc_int32_t;

// Han, kana, and the scripts of South-East Asia.
bool IsWrittenWithoutBlanks(CodePoint c) {
  static constexpr auto kRanges =
      std::to_array<std::pair<CodePoint, CodePoint>>({{0x0E00, 0x0EFF},
                                                      {0x1000, 0x109F},
                                                      {0x1780, 0x17FF},
                                                      {0x3040, 0x30FF},
                                                      {0x31F0, 0x31FF},
                                                      {0x3400, 0x4DBF},
                                                      {0x4E00, 0x9FFF},
                                                      {0xF900, 0xFAFF},
                                                      {0x20000, 0x3FFFF}});
  return std::ranges::any_of(
      kRanges, [c](const auto& range) { return c >= range.first && c <= range.second; });
}

bool IsLetterOrDigit(CodePoint c) {
  const utf8proc_category_t category = utf8proc_category(c);
  const bool is_letter = category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
  const bool is_number = category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO;
  return is_letter || is_number;
}

// Line ends and tabs part words; FoldForSearch() would take them away.
std::string WithBlanksForControls(std::string_view text) {
  std::string blanked(text);
  std::ranges::replace_if(blanked, [](char c) { return c >= 0 && c < ' '; }, ' ');
  return blanked;
}

void AppendBlank(std::string& text) {
  if (!text.empty() && text.back() != ' ') text += ' ';
}

}  // namespace

std::string SpacedForSearch(std::string_view text) {
  const std::string folded = FoldForSearch(WithBlanksForControls(text));
  std::string spaced;
  std::string_view rest = folded;
  while (!rest.empty()) {
    CodePoint code_point = -1;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(rest.data()),
                                       static_cast<utf8proc_ssize_t>(rest.size()), &code_point);
    const std::string_view bytes = rest.substr(0, size > 0 ? static_cast<std::size_t>(size) : 1);
    rest.remove_prefix(bytes.size());
    const bool stands_alone = IsWrittenWithoutBlanks(code_point);
    const bool is_of_a_word = size > 0 && IsLetterOrDigit(code_point);
    if (stands_alone || !is_of_a_word) AppendBlank(spaced);
    if (is_of_a_word) spaced += bytes;
    if (stands_alone) AppendBlank(spaced);
  }
  if (spaced.ends_with(' ')) spaced.pop_back();
  return spaced;
}

std::vector<std::string> PhrasesForSearch(std::string_view text) {
  std::vector<std::string> phrases;
  // Every kind of blank becomes the plain one.
  const std::string folded = FoldForSearch(WithBlanksForControls(text));
  for (std::size_t begin = 0; begin < folded.size();) {
    const std::size_t end = std::min(folded.find(' ', begin), folded.size());
    std::string phrase = SpacedForSearch(std::string_view(folded).substr(begin, end - begin));
    if (!phrase.empty()) phrases.push_back(std::move(phrase));
    begin = end + 1;
  }
  return phrases;
}

}  // namespace tritontube::catalog
