#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tritontube::timed_text {

// A BCP 47 language tag in its usual form: "en", "pt-BR", "zh-Hans". The three
// letters of ISO 639-2, which containers use, become the two of ISO 639-1 where
// there are some. Nothing when `text` is no well-formed tag, or says "und".
std::optional<std::string> CanonicalLanguage(std::string_view text);

// What people who do not speak it call the language, in English; the tag itself
// for rarer ones.
std::string LanguageName(std::string_view tag);

}  // namespace tritontube::timed_text
