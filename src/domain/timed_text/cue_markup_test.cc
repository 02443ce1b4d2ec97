#include "domain/timed_text/cue_markup.h"

#include <gtest/gtest.h>

namespace tritontube::timed_text {
namespace {

TEST(CleanMarkup, KeepsBoldItalicsAndUnderlines) {
  EXPECT_EQ(CleanMarkup("<b>a</b> <i>b</i> <u>c</u>"), "<b>a</b> <i>b</i> <u>c</u>");
  EXPECT_EQ(CleanMarkup("<B>a</B> <i.foreign>b</i>"), "<b>a</b> <i>b</i>");
}

TEST(CleanMarkup, DropsEveryOtherTagAndKeepsItsText) {
  EXPECT_EQ(CleanMarkup("<v Anna>Hi</v>"), "Hi");
  EXPECT_EQ(CleanMarkup("<c.yellow.bg_blue>a</c><00:00:01.500>b"), "ab");
  EXPECT_EQ(CleanMarkup("<font color=\"red\">a</font>"), "a");
  EXPECT_EQ(CleanMarkup("<bold>a</bold>"), "a");
}

TEST(CleanMarkup, LeavesNothingThatABrowserWouldRun) {
  EXPECT_EQ(CleanMarkup("<script>alert(1)</script>"), "alert(1)");
  EXPECT_EQ(CleanMarkup("<img src=x onerror=alert(1)>x"), "x");
  EXPECT_EQ(CleanMarkup("<b onclick=alert(1)>x</b>"), "<b>x</b>");
  EXPECT_EQ(CleanMarkup("<<script>b>x"), "&lt;b&gt;x");
  EXPECT_EQ(CleanMarkup("&lt;script&gt;"), "&lt;script&gt;");
  EXPECT_EQ(CleanMarkup("<!--x-->y"), "y");
}

TEST(CleanMarkup, ClosesWhatIsOpenAndIgnoresWhatIsNot) {
  EXPECT_EQ(CleanMarkup("<b>a<i>b"), "<b>a<i>b</i></b>");
  EXPECT_EQ(CleanMarkup("<b>a<i>b</b>c</i>"), "<b>a<i>b</i></b>c");
  EXPECT_EQ(CleanMarkup("</b>a<b><b>b</b>"), "a<b>b</b>");
}

TEST(CleanMarkup, EscapesWhatIsNoTag) {
  EXPECT_EQ(CleanMarkup("1 < 2 && 3 > 2"), "1 &lt; 2 &amp;&amp; 3 &gt; 2");
  EXPECT_EQ(CleanMarkup("a --> b"), "a --&gt; b");
  EXPECT_EQ(CleanMarkup("AT&amp;T &bogus;"), "AT&amp;T &amp;bogus;");
  EXPECT_EQ(CleanMarkup("I <3 you"), "I &lt;3 you");
}

TEST(CleanMarkup, IsEmptyWhenNothingIsSaid) {
  EXPECT_EQ(CleanMarkup(" \n\t\n"), "");
  EXPECT_EQ(CleanMarkup("<b> </b>\n<v Anna>"), "");
}

TEST(CleanMarkup, IsTheSameWhenItIsCleanAlready) {
  for (const std::string_view text : {"<b>a</b> &amp; b", "&lt;i&gt;", "a\n  b\n\n<i>c"}) {
    const std::string once = CleanMarkup(text);
    EXPECT_EQ(CleanMarkup(once), once);
  }
}

}  // namespace
}  // namespace tritontube::timed_text
