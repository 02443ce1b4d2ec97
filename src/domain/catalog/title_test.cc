#include "domain/catalog/title.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tritontube::catalog {
namespace {

using namespace std::string_literals;

TEST(Title, IsTheFileNameMadeFitToShow) {
  const std::vector<std::pair<std::string, std::string>> table = {
      {"holiday.mp4", "holiday"},
      {"my.holiday.2026.mov", "my.holiday.2026"},
      {"no extension", "no extension"},
      {"Chapter 1. Intro", "Chapter 1. Intro"},
      {"trailing.", "trailing"},
      {".mp4", "Untitled"},
      {"", "Untitled"},
      {"   .mp4", "Untitled"},
      {"  spaced  .mp4", "spaced"},
      {"/etc/passwd", "passwd"},
      {R"(C:\Users\me\clip.avi)", "clip"},
      {"../../x.mp4", "x"},
      {"folder/", "Untitled"},
      {"日本語のビデオ.mkv", "日本語のビデオ"},
      {"👩‍👩‍👧 family.mp4", "👩‍👩‍👧 family"},  // Joiners stay.
      {"Cafe\u0301.mp4", "Caf\u00e9"},                                 // To NFC.
      {"Umlaut \u00e4.mp4", "Umlaut \u00e4"},                          // NFC stays.
      {"a\x01\x1f\x7f"
       "b\n\t.mp4",
       "ab"},                  // C0 and delete.
      {"a\u0085b.mp4", "ab"},  // C1.
      {"nul\0byte.mp4"s, "nulbyte"},
      {"evil\u202egpj.mp4", "evilgpj"},  // Direction overrides.
      {"\ufeffmarked.mp4", "marked"},
      {"bad\xff\xfe.mp4", "bad\ufffd\ufffd"},
      {"cut\xe2\x82.mp4", "cut\ufffd\ufffd"},  // An unfinished sequence.
      {"surrogate\xed\xa0\x80.mp4", "surrogate\ufffd\ufffd\ufffd"},
      {"\u00a0\u3000wide\u3000.mp4", "wide"},
      {"<script>alert(1)</script>.mp4", "script>"},
  };
  for (const auto& [file_name, title] : table) {
    EXPECT_EQ(TitleFromFileName(file_name), title) << "of " << file_name;
  }
}

TEST(Title, IsCutAtTwoHundredCodePointsAndNotInsideOne) {
  std::string name;
  for (int i = 0; i < 500; ++i) name += "ü";
  const std::string title = TitleFromFileName(name + ".mp4");
  EXPECT_EQ(title.size(), kTitleCodePointsMax * 2);
  EXPECT_TRUE(name.starts_with(title));
}

TEST(Title, EndsWithoutTheSpacesThatTheCutLeaves) {
  EXPECT_EQ(CleanTitle(std::string(199, 'a') + "   b"), std::string(199, 'a'));
}

TEST(Title, ThatAPersonTypedKeepsItsDotsAndMayBeEmpty) {
  EXPECT_EQ(CleanTitle(" Part 1.5 / the end "), "Part 1.5 / the end");
  EXPECT_EQ(CleanTitle("\n"), "");
}

TEST(FoldForSearch, ForgetsCaseAndAccents) {
  EXPECT_EQ(FoldForSearch("CAFÉ Straße"), FoldForSearch("cafe\u0301 strasse"));
  EXPECT_EQ(FoldForSearch("Ångström"), "angstrom");
  EXPECT_NE(FoldForSearch("a"), FoldForSearch("b"));
  EXPECT_EQ(FoldForSearch("ok\xff"), "ok\ufffd");
}

TEST(TitleFromWords, TakesWhatEndsLikeAMediaFileForAFileName) {
  EXPECT_EQ(TitleFromWords("Day 1.mp4"), "Day 1");
  EXPECT_EQ(TitleFromWords("One.Two.MKV"), "One.Two");
  EXPECT_EQ(TitleFromWords("Version 2.0"), "Version 2.0");
  EXPECT_EQ(TitleFromWords("What now..."), "What now...");
  EXPECT_EQ(TitleFromWords(""), "");
}

TEST(CleanLines, KeepsLinesAndTabsAndNothingElseThatIsUnseen) {
  EXPECT_EQ(CleanLines(" \n a\r\nb\rc\u2028d\te\x01\u202e \n"), "a\nb\nc\nd\te");
  EXPECT_EQ(CleanLines("e\u0301"), "\u00e9");
  EXPECT_EQ(CleanLines("\xff"), "\ufffd");
  EXPECT_EQ(CleanLines(""), "");
}

TEST(CodePointCount, CountsCharactersAndNotBytes) {
  EXPECT_EQ(CodePointCount(""), 0U);
  EXPECT_EQ(CodePointCount("a\u00e9\u20ac\U0001F600"), 4U);
}

}  // namespace
}  // namespace tritontube::catalog
