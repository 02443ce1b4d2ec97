#include "foundation/telemetry/event.h"

#include <gtest/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

namespace tritontube::telemetry {
namespace {

const WallTime kNow{std::chrono::milliseconds(1'764'000'000'123)};

// Everything with which a title could forge a line, a field or a colour.
const std::string kHostile =
    "x\n2026-01-01 00:00:00.000 error  all is lost  video=none \"quoted\\\" \x1B[2J\r\u202E\xFF";

TEST(EventText, IsOneLineForPeople) {
  const std::array<Field, 5> fields{
      Field("video", "abc-_1"), Field("title", "My day"), Field("bytes", 12),
      Field("took", std::chrono::milliseconds(1500)), Field("retried", true)};
  EXPECT_EQ(
      FormatText({.level = Level::kInfo, .message = "upload finished", .fields = fields}, kNow),
      "2025-11-24 16:00:00.123 info  upload finished  video=abc-_1 title=\"My day\" bytes=12 "
      "took=1.500 retried=true");
}

TEST(EventText, StaysOneLineWithItsFieldsWhateverATextHolds) {
  const std::array<Field, 2> fields{Field("title", kHostile), Field("bytes", 1U)};
  const std::string line = FormatText({.message = "m", .fields = fields}, kNow);
  for (const char c : line) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20U);
    EXPECT_NE(c, '\x7F');
  }
  // The quotes that end the text are the first that no backslash stands before.
  const std::size_t begin = line.find("title=\"") + 7;
  std::size_t end = begin;
  while (line[end] != '"') end += line[end] == '\\' ? 2 : 1;
  EXPECT_EQ(line.substr(end), "\" bytes=1");
}

TEST(EventText, QuotesWhatWouldLookLikeAnotherField) {
  const std::array<Field, 3> fields{Field("a", "x b=1"), Field("b", ""), Field("c", "d=e")};
  EXPECT_TRUE(FormatText({.message = "m", .fields = fields}, kNow)
                  .ends_with("m  a=\"x b=1\" b=\"\" c=\"d=e\""));
}

TEST(EventJson, IsOneObjectOfAsciiThatReadsBack) {
  const std::array<Field, 4> fields{Field("title", kHostile),
                                    Field("bytes", std::uint64_t{1} << 63U), Field("ratio", 0.5),
                                    Field("retried", false)};
  const std::string line = FormatJson(
      {.level = Level::kWarning, .message = "upload \"broken\" off", .fields = fields}, kNow);
  for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7F);
  const auto json = nlohmann::json::parse(line, nullptr, false);
  ASSERT_TRUE(json.is_object()) << line;
  EXPECT_EQ(json["time"], "2025-11-24T16:00:00.123Z");
  EXPECT_EQ(json["level"], "warn");
  EXPECT_EQ(json["message"], "upload \"broken\" off");
  EXPECT_TRUE(json["title"].get<std::string>().starts_with("x\n2026"));
  EXPECT_EQ(json["bytes"], std::uint64_t{1} << 63U);
  EXPECT_EQ(json["ratio"], 0.5);
  EXPECT_EQ(json["retried"], false);
}

TEST(Event, CutsLongTexts) {
  const std::string long_text(100'000, 'a');
  const std::array<Field, 1> fields{Field("title", long_text)};
  EXPECT_LT(FormatText({.message = "m", .fields = fields}, kNow).size(), 1200U);
  EXPECT_LT(FormatJson({.message = "m", .fields = fields}, kNow).size(), 1200U);
}

}  // namespace
}  // namespace tritontube::telemetry
