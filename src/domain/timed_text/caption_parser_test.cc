#include "domain/timed_text/caption_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/timed_text/webvtt.h"

namespace tritontube::timed_text {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

std::string WhyNot(std::string_view bytes) {
  const auto cues = ParseCaptions(bytes);
  EXPECT_FALSE(cues.has_value());
  EXPECT_TRUE(cues || cues.error().code() == ErrorCode::kInvalidArgument);
  return cues ? "" : cues.error().message();
}

TEST(ParseCaptions, ReadsSrtAsProgramsWriteIt) {
  const auto cues = ParseCaptions(
      "\xEF\xBB\xBF"
      "1\r\n00:00:01,000 --> 00:00:02,500\r\nOne\r\ntwo\r\n\r\n"
      "2\r\n01:00:00,000 --> 01:00:01,000\r\n<i>Three</i>\r\n");
  ASSERT_TRUE(cues.has_value()) << cues.error().message();
  EXPECT_THAT(*cues,
              ElementsAre(Cue{milliseconds(1000), milliseconds(2500), "One\ntwo"},
                          Cue{milliseconds(3'600'000), milliseconds(3'601'000), "<i>Three</i>"}));
}

TEST(ParseCaptions, ReadsWebVttWithoutItsStylesNotesNamesAndPlaces) {
  const auto cues = ParseCaptions(
      "WEBVTT - made by hand\nKind: captions\n\n"
      "STYLE\n::cue { background: url(http://evil.example/) }\n\n"
      "REGION\nid:x\n\nNOTE a note\nof two lines\n\n"
      "intro\n00:01.000 --> 00:02.000 position:10% align:left\n- Hello\n");
  ASSERT_TRUE(cues.has_value()) << cues.error().message();
  EXPECT_THAT(*cues, ElementsAre(Cue{milliseconds(1000), milliseconds(2000), "- Hello"}));
}

TEST(ParseCaptions, SortsCuesAndLeavesOutThoseThatNobodyWouldSee) {
  const auto cues = ParseCaptions(
      "WEBVTT\n\n00:05.000 --> 00:06.000\nlater\n\n00:01.000 --> 00:02.000\nsooner\n\n"
      "00:03.000 --> 00:03.000\nno time\n\n00:04.000 --> 00:05.000\n<b></b>\n");
  ASSERT_TRUE(cues.has_value()) << cues.error().message();
  ASSERT_EQ(cues->size(), 2U);
  EXPECT_EQ(cues->front().text, "sooner");
}

TEST(ParseCaptions, ReadsUtf16ByItsMark) {
  std::string little("\xFF\xFE", 2);
  std::string big("\xFE\xFF", 2);
  for (const char16_t unit :
       std::u16string_view(u"1\n00:00:01,000 --> 00:00:02,000\nH\u00e9 \U0001F600\n")) {
    const auto low = static_cast<char>(unit & 0xFFU);
    const auto high = static_cast<char>(unit >> 8U);
    little += {low, high};
    big += {high, low};
  }
  for (const std::string& bytes : {little, big}) {
    const auto cues = ParseCaptions(bytes);
    ASSERT_TRUE(cues.has_value()) << cues.error().message();
    EXPECT_EQ(cues->front().text, "H\xC3\xA9 \xF0\x9F\x98\x80");
  }
}

TEST(ParseCaptions, SaysWhichLineIsWrong) {
  EXPECT_THAT(WhyNot("1\n00:00:01,000 -> 00:00:02,000\nx\n"), HasSubstr("Line 2"));
  EXPECT_THAT(WhyNot("1\n00:00:01 --> 00:00:02\nx\n"), HasSubstr("Line 2"));
  EXPECT_THAT(WhyNot("1\n00:00:61,000 --> 00:00:02,000\nx\n"), HasSubstr("Line 2"));
  EXPECT_THAT(WhyNot("1\n-1:00:01,000 --> 00:00:02,000\nx\n"), HasSubstr("Line 2"));
  EXPECT_THAT(WhyNot("1\n00:00:01,000 --> 00:00:02,000\nx\n00:00:03,000 --> 00:00:04,000\ny\n"),
              HasSubstr("Line 4"));
  EXPECT_THAT(WhyNot("1\n00:00:01,000 --> 00:00:02,000\nx\n\nHello\n"), HasSubstr("Line 5"));
}

TEST(ParseCaptions, RefusesWhatHoldsNoneOrTooMuch) {
  EXPECT_THAT(WhyNot(""), HasSubstr("no captions"));
  EXPECT_THAT(WhyNot("WEBVTT\n\n"), HasSubstr("no captions"));
  EXPECT_THAT(WhyNot("<!doctype html>\n<html></html>\n"), HasSubstr("Line"));
  EXPECT_THAT(WhyNot("1\n00:00:01,000 --> 00:00:02,000\n" + std::string(kCueBytesMax + 1, 'x')),
              HasSubstr("longer"));
  EXPECT_THAT(WhyNot(std::string(kCaptionBytesMax + 1, '\n')), HasSubstr("MiB"));
  std::string many;
  for (std::size_t i = 0; i <= kCuesMax; ++i) many += "00:01.000 --> 00:02.000\nx\n\n";
  EXPECT_THAT(WhyNot(many), HasSubstr("no more are taken"));
}

TEST(ParseCaptions, RefusesAnotherEncodingWithWhatToDo) {
  EXPECT_THAT(WhyNot("1\n00:00:01,000 --> 00:00:02,000\nh\xE9h\n"), HasSubstr("UTF-8"));
  EXPECT_THAT(WhyNot(std::string("\xFF\xFE\x31", 3)), HasSubstr("middle of a letter"));
}

TEST(WriteWebVtt, WritesWhatIsReadAsTheSameCues) {
  const auto cues = ParseCaptions(
      "1\n00:00:01,000 --> 00:00:02,500\n<b>a & b < c</b>\nd\n\n"
      "2\n100:00:00,000 --> 100:00:01,000\ne\n");
  ASSERT_TRUE(cues.has_value()) << cues.error().message();
  const std::string text = WriteWebVtt(*cues);
  EXPECT_TRUE(text.starts_with("WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n")) << text;
  EXPECT_EQ(ParseCaptions(text).value(), *cues);
}

TEST(Earlier, MovesCuesAndCutsOffWhatLiesBeforeZero) {
  const std::vector<Cue> cues = {{milliseconds(0), milliseconds(900), "gone"},
                                 {milliseconds(500), milliseconds(2000), "cut"},
                                 {milliseconds(3000), milliseconds(4000), "moved"}};
  EXPECT_THAT(Earlier(cues, 1), ElementsAre(Cue{milliseconds(0), milliseconds(1000), "cut"},
                                            Cue{milliseconds(2000), milliseconds(3000), "moved"}));
}

}  // namespace
}  // namespace tritontube::timed_text
