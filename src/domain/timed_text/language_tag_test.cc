#include "domain/timed_text/language_tag.h"

#include <gtest/gtest.h>

namespace tritontube::timed_text {
namespace {

TEST(CanonicalLanguage, WritesTagsInTheirUsualForm) {
  EXPECT_EQ(CanonicalLanguage("EN"), "en");
  EXPECT_EQ(CanonicalLanguage("pt-br"), "pt-BR");
  EXPECT_EQ(CanonicalLanguage("zh_hans_cn"), "zh-Hans-CN");
  EXPECT_EQ(CanonicalLanguage("es-419"), "es-419");
  EXPECT_EQ(CanonicalLanguage("en-x-2"), "en-x-2");
  EXPECT_EQ(CanonicalLanguage("de-1996"), "de-1996");
}

TEST(CanonicalLanguage, ShortensWhatContainersSay) {
  EXPECT_EQ(CanonicalLanguage("eng"), "en");
  EXPECT_EQ(CanonicalLanguage("ger"), "de");
  EXPECT_EQ(CanonicalLanguage("deu"), "de");
  EXPECT_EQ(CanonicalLanguage("gsw"), "gsw");
}

TEST(CanonicalLanguage, RefusesWhatIsNoTag) {
  for (const std::string_view text :
       {"", "und", "e", "english", "en-", "-en", "en--US", "en US", "../en", "en-toolongsubtag",
        "en-x", "12", "e\xC3\xA9", "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s"}) {
    EXPECT_EQ(CanonicalLanguage(text), std::nullopt) << text;
  }
}

TEST(LanguageName, IsForPeople) {
  EXPECT_EQ(LanguageName("en"), "English");
  EXPECT_EQ(LanguageName("pt-BR"), "Portuguese (BR)");
  EXPECT_EQ(LanguageName("gsw"), "gsw");
}

}  // namespace
}  // namespace tritontube::timed_text
