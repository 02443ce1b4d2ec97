#include "domain/timed_text/language_tag.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>
#include <vector>

#include "base/ascii.h"

namespace tritontube::timed_text {

namespace {

struct Language {
  std::string_view two;            // ISO 639-1.
  std::string_view three;          // ISO 639-2/T.
  std::string_view bibliographic;  // ISO 639-2/B, where it differs.
  std::string_view name;
};

constexpr auto kLanguages = std::to_array<Language>({
    {"af", "afr", "", "Afrikaans"},    {"ar", "ara", "", "Arabic"},
    {"be", "bel", "", "Belarusian"},   {"bg", "bul", "", "Bulgarian"},
    {"bn", "ben", "", "Bengali"},      {"bs", "bos", "", "Bosnian"},
    {"ca", "cat", "", "Catalan"},      {"cs", "ces", "cze", "Czech"},
    {"cy", "cym", "wel", "Welsh"},     {"da", "dan", "", "Danish"},
    {"de", "deu", "ger", "German"},    {"el", "ell", "gre", "Greek"},
    {"en", "eng", "", "English"},      {"es", "spa", "", "Spanish"},
    {"et", "est", "", "Estonian"},     {"eu", "eus", "baq", "Basque"},
    {"fa", "fas", "per", "Persian"},   {"fi", "fin", "", "Finnish"},
    {"fil", "fil", "", "Filipino"},    {"fr", "fra", "fre", "French"},
    {"ga", "gle", "", "Irish"},        {"gl", "glg", "", "Galician"},
    {"he", "heb", "", "Hebrew"},       {"hi", "hin", "", "Hindi"},
    {"hr", "hrv", "", "Croatian"},     {"hu", "hun", "", "Hungarian"},
    {"hy", "hye", "arm", "Armenian"},  {"id", "ind", "", "Indonesian"},
    {"is", "isl", "ice", "Icelandic"}, {"it", "ita", "", "Italian"},
    {"ja", "jpn", "", "Japanese"},     {"ka", "kat", "geo", "Georgian"},
    {"kk", "kaz", "", "Kazakh"},       {"ko", "kor", "", "Korean"},
    {"la", "lat", "", "Latin"},        {"lt", "lit", "", "Lithuanian"},
    {"lv", "lav", "", "Latvian"},      {"mk", "mkd", "mac", "Macedonian"},
    {"ml", "mal", "", "Malayalam"},    {"mr", "mar", "", "Marathi"},
    {"ms", "msa", "may", "Malay"},     {"my", "mya", "bur", "Burmese"},
    {"nb", "nob", "", "Norwegian"},    {"ne", "nep", "", "Nepali"},
    {"nl", "nld", "dut", "Dutch"},     {"no", "nor", "", "Norwegian"},
    {"pl", "pol", "", "Polish"},       {"pt", "por", "", "Portuguese"},
    {"ro", "ron", "rum", "Romanian"},  {"ru", "rus", "", "Russian"},
    {"sk", "slk", "slo", "Slovak"},    {"sl", "slv", "", "Slovenian"},
    {"sq", "sqi", "alb", "Albanian"},  {"sr", "srp", "", "Serbian"},
    {"sv", "swe", "", "Swedish"},      {"sw", "swa", "", "Swahili"},
    {"ta", "tam", "", "Tamil"},        {"te", "tel", "", "Telugu"},
    {"th", "tha", "", "Thai"},         {"tr", "tur", "", "Turkish"},
    {"uk", "ukr", "", "Ukrainian"},    {"ur", "urd", "", "Urdu"},
    {"uz", "uzb", "", "Uzbek"},        {"vi", "vie", "", "Vietnamese"},
    {"zh", "zho", "chi", "Chinese"},
});

constexpr std::size_t kTagBytesMax = 35;  // RFC 5646, 4.4.1.

bool IsLetter(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

char Upper(char c) { return IsLetter(c) ? static_cast<char>(c - 'a' + 'A') : c; }

// The parts in lower case; none when a part is no subtag.
std::vector<std::string> Subtags(std::string_view text) {
  std::vector<std::string> subtags(1);
  for (const char c : text) {
    if (c == '-' || c == '_') {
      subtags.emplace_back();
    } else {
      subtags.back() += AsciiLower(c);
    }
  }
  const bool well_formed = std::ranges::all_of(subtags, [](const std::string& subtag) {
    return !subtag.empty() && subtag.size() <= 8 &&
           std::ranges::all_of(subtag, [](char c) { return IsLetter(c) || IsDigit(c); });
  });
  if (!well_formed) subtags.clear();
  return subtags;
}

bool IsLanguage(std::string_view subtag) {
  return subtag.size() >= 2 && subtag.size() <= 3 && std::ranges::all_of(subtag, IsLetter);
}

std::string Shortest(const std::string& language) {
  const auto* const known = std::ranges::find_if(kLanguages, [&](const Language& candidate) {
    return candidate.three == language || candidate.bibliographic == language;
  });
  return known == kLanguages.end() ? language : std::string(known->two);
}

// Scripts are written "Latn", regions "BR", all else in lower case.
std::string InUsualCase(std::string subtag) {
  if (subtag.size() == 4 && std::ranges::all_of(subtag, IsLetter)) {
    subtag.front() = Upper(subtag.front());
  } else if (subtag.size() == 2 && std::ranges::all_of(subtag, IsLetter)) {
    std::ranges::transform(subtag, subtag.begin(), Upper);
  }
  return subtag;
}

}  // namespace

std::optional<std::string> CanonicalLanguage(std::string_view text) {
  if (text.empty() || text.size() > kTagBytesMax) return std::nullopt;
  const std::vector<std::string> subtags = Subtags(text);
  if (subtags.empty() || !IsLanguage(subtags.front()) || subtags.front() == "und") {
    return std::nullopt;
  }
  // A single letter announces what follows it; after an "x" anything may follow.
  const bool is_private = std::ranges::find(subtags, "x") < subtags.end() - 1;
  if (subtags.back().size() == 1 && !is_private) return std::nullopt;
  std::string tag = Shortest(subtags.front());
  bool plain = true;
  for (const std::string& subtag : subtags | std::views::drop(1)) {
    if (subtag.size() == 1) plain = false;
    tag += '-';
    tag += plain ? InUsualCase(subtag) : subtag;
  }
  return tag;
}

std::string LanguageName(std::string_view tag) {
  const std::string_view language = tag.substr(0, std::min(tag.find('-'), tag.size()));
  const auto* const known = std::ranges::find(kLanguages, language, &Language::two);
  if (known == kLanguages.end()) return std::string(tag);
  if (language.size() == tag.size()) return std::string(known->name);
  return fmt::format("{} ({})", known->name, tag.substr(language.size() + 1));
}

}  // namespace tritontube::timed_text
