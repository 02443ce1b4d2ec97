#include "base/printable.h"

#include <gtest/gtest.h>

namespace tritontube {
namespace {

TEST(Printable, LeavesWhatPeopleWriteAsItIs) {
  EXPECT_EQ(Printable("Käse & 日本語 🎬.mp4"), "Käse & 日本語 🎬.mp4");
}

TEST(Printable, EscapesWhatCouldForgeALineOrMoveTheCursor) {
  EXPECT_EQ(Printable("a\nb\r\x1B[2J\x7F"), "a\\nb\\x0D\\x1B[2J\\x7F");
  EXPECT_EQ(Printable("\u009B31m \u2028 \u202Etxt"), "\\u{9B}31m \\u{2028} \\u{202E}txt");
  EXPECT_EQ(Printable(R"(say "hi" \n)"), R"(say \"hi\" \\n)");
  EXPECT_EQ(Printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, EscapesBytesThatAreNoUtf8) {
  EXPECT_EQ(Printable("a\xFF\xC3"), "a\\xFF\\xC3");
  EXPECT_EQ(Printable("\xED\xA0\x80"), "\\xED\\xA0\\x80");  // A lone surrogate.
}

TEST(Printable, CutsWhatIsLong) {
  EXPECT_EQ(Printable(std::string(5000, 'a')), std::string(1024, 'a') + "...");
  EXPECT_EQ(Printable("abcd", 3), "abc...");
}

}  // namespace
}  // namespace tritontube
