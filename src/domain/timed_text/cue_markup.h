#pragma once

#include <string>
#include <string_view>

namespace tritontube::timed_text {

// What a cue may say, written anew: text, and the tags b, i and u, properly
// nested and closed. Other tags (voices, classes, fonts, times, scripts) go, what
// stands between them stays as text. Every "<", ">" and "&" that is not ours is
// escaped, so that the result can neither begin a tag nor end a cue. Lines are
// trimmed, empty ones left out; empty when nothing is left.
std::string CleanMarkup(std::string_view payload);

}  // namespace tritontube::timed_text
