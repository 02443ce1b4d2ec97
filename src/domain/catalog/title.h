#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tritontube::catalog {

inline constexpr std::size_t kTitleCodePointsMax = 200;

// A title for a file that came with nothing but a name: without folders and its
// last extension, cleaned like CleanTitle. "Untitled" when nothing is left.
std::string TitleFromFileName(std::string_view file_name);

// A title that may be a person's words or the name of a file: where it ends like
// a media file ("Day 1.mp4") it is taken as TitleFromFileName() does, else as
// CleanTitle().
std::string TitleFromWords(std::string_view text);

// What a person typed, made fit to store and show: NFC, invalid UTF-8 as U+FFFD,
// no control characters, trimmed, at most kTitleCodePointsMax. May be empty.
std::string CleanTitle(std::string_view text);

// The same without a limit.
std::string CleanLine(std::string_view text);

// The same for text of several lines: every line end becomes "\n", tabs stay.
std::string CleanLines(std::string_view text);

// How long people would say that valid UTF-8 is, roughly.
std::size_t CodePointCount(std::string_view text);

// The form in which titles are searched: without case and accents.
std::string FoldForSearch(std::string_view text);

}  // namespace tritontube::catalog
