#pragma once

namespace tritontube::timed_text {

// Names of tags and of languages are ASCII, whatever the text around them is.
inline char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace tritontube::timed_text
