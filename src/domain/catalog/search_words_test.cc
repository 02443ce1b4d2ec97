#include "domain/catalog/search_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tritontube::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SpacedForSearch, LeavesWordsWithoutCaseAccentsAndPunctuation) {
  EXPECT_EQ(SpacedForSearch("  Le Café -- de_Nuit! "), "le cafe de nuit");
  EXPECT_EQ(SpacedForSearch("IMG_2041.MOV"), "img 2041 mov");
  EXPECT_EQ(SpacedForSearch("Straße ﬁn"), "strasse fin");
  EXPECT_EQ(SpacedForSearch("\"a\" OR b* NOT (c:d)"), "a or b not c d");
  EXPECT_EQ(SpacedForSearch("!?"), "");
  EXPECT_EQ(SpacedForSearch("one\ntwo\tthree\xff\x01z"), "one two three z");
}

TEST(SpacedForSearch, TakesScriptsWithoutBlanksCharacterByCharacter) {
  EXPECT_EQ(SpacedForSearch("東京2020の夏"), "東 京 2020 の 夏");
  EXPECT_EQ(SpacedForSearch("서울"), SpacedForSearch("서울"));
  EXPECT_EQ(SpacedForSearch("Москва"), "москва");
}

TEST(PhrasesForSearch, AreThePartsBetweenBlanks) {
  EXPECT_THAT(PhrasesForSearch(" well-known\u3000東京 !! x"),
              ElementsAre("well known", "東 京", "x"));
  EXPECT_THAT(PhrasesForSearch(""), IsEmpty());
  EXPECT_THAT(PhrasesForSearch(" - "), IsEmpty());
}

}  // namespace
}  // namespace tritontube::catalog
