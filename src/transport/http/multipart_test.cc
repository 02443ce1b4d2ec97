#include "transport/http/multipart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tritontube::http {
namespace {

using namespace std::string_literals;

constexpr std::string_view kType = "multipart/form-data; boundary=XX";

struct Part {
  std::string name;
  std::optional<std::string> file_name;
  std::string content_type;
  std::string content;
  bool operator==(const Part&) const = default;
};

// Parses `body` in pieces of `step` bytes.
Result<std::vector<Part>> Parse(std::string_view body, std::size_t step,
                                MultipartLimits limits = {}, std::string_view type = kType) {
  TT_ASSIGN_OR_RETURN(MultipartParser parser, MultipartParser::ForContentType(type, limits));
  std::vector<Part> parts;
  for (std::size_t at = 0; at < body.size(); at += step) {
    TT_ASSIGN_OR_RETURN(const std::vector<MultipartEvent> events,
                        parser.Push(blob::Bytes(std::string(body.substr(at, step)))));
    for (const MultipartEvent& event : events) {
      if (const auto* const begin = std::get_if<PartBegin>(&event)) {
        parts.push_back({begin->name, begin->file_name, begin->content_type, ""});
      } else if (const auto* const data = std::get_if<PartData>(&event)) {
        parts.back().content += data->bytes.Flatten();
      }
    }
  }
  TT_RETURN_IF_ERROR(parser.Finish());
  return parts;
}

std::string Form(std::string_view disposition, std::string_view content) {
  return fmt::format("--XX\r\nContent-Disposition: form-data; {}\r\n\r\n{}\r\n--XX--\r\n",
                     disposition, content);
}

TEST(Multipart, GivesTheSamePartsHoweverTheBodyIsCut) {
  const std::string body =
      "\r\n--XX\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nA title\r\n"
      "--XX \t\r\ncontent-type: video/mp4\r\ncontent-disposition: form-data; name=file; "
      "filename=\"a.mp4\"\r\n\r\n\r\n--X\r\r\n-XX\r\n\r\n--XX\r\n"
      "Content-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--XX--\r\nepilogue";
  const std::vector<Part> expected = {
      {"title", std::nullopt, "", "A title"},
      {"file", "a.mp4", "video/mp4", "\r\n--X\r\r\n-XX\r\n"},
      {"empty", std::nullopt, "", ""},
  };
  for (std::size_t step = 1; step <= body.size(); ++step) {
    const auto parts = Parse(body, step);
    ASSERT_TRUE(parts.has_value()) << parts.error().message();
    EXPECT_EQ(*parts, expected) << step;
  }
}

TEST(Multipart, SharesTheBufferItWasGiven) {
  auto parser = MultipartParser::ForContentType(kType).value();
  const blob::Bytes piece(Form("name=f", std::string(1000, 'c')));
  const auto events = parser.Push(piece).value();
  ASSERT_EQ(events.size(), 4U);
  const auto& bytes = std::get<PartData>(events[1]).bytes;
  EXPECT_EQ(bytes.size(), 1000U);
  EXPECT_GE(bytes.spans()[0].data(), piece.spans()[0].data());
  EXPECT_LT(bytes.spans()[0].data(), piece.spans()[0].data() + piece.size());
}

TEST(Multipart, ReadsEveryFormOfAFileName) {
  const std::pair<std::string, std::string> cases[] = {
      {R"(name=f; filename="plain.mp4")", "plain.mp4"},
      {"name=f; filename=\"\xC3\xBC.mp4\"", "\xC3\xBC.mp4"},
      {R"(name=f; filename="a%22b.mp4")", "a\"b.mp4"},
      {R"(name=f; filename="a\"b.mp4")", "a\"b.mp4"},
      {R"(name=f; filename="C:\clips\a.mp4")", R"(C:\clips\a.mp4)"},
      {R"(name=f; filename="u.mp4"; filename*=UTF-8''%C3%BC%20x.mp4)", "\xC3\xBC x.mp4"},
      {R"(name=f; filename*=utf-8'de'%e2%82%ac)", "\xE2\x82\xAC"},
      {R"(name=f; filename="a;b.mp4")", "a;b.mp4"},
      {R"(name=f; filename="")", ""},
  };
  for (const auto& [disposition, file_name] : cases) {
    const auto parts = Parse(Form(disposition, "x"), 7);
    ASSERT_TRUE(parts.has_value()) << disposition << parts.error().message();
    EXPECT_EQ(parts->front().file_name, file_name) << disposition;
  }
}

TEST(Multipart, RefusesWhatIsMalformed) {
  const std::string cases[] = {
      "",
      "hello",
      "--XX",
      "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nbroken off",
      "--XX\r\n\r\nno headers\r\n--XX--",
      "--XX\r\nContent-Type: text/plain\r\n\r\nno name\r\n--XX--",
      "--XX\r\nContent-Disposition: attachment; name=a\r\n\r\n\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; filename=a\r\n\r\n\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=a; name=b\r\n\r\n\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=\"a\r\n\r\n\r\n--XX--",
      Form("name=a\r\nContent-Disposition: form-data; name=b", ""),
      "--XX\r\nContent-Disposition form-data\r\n\r\n\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=a\r\n folded\r\n\r\n\r\n--XX--",
      "--XX\r\nContent-Disposition: form-data; name=\"a\0\"\r\n\r\n\r\n--XX--"s,
      Form("name=f; filename*=UTF-8''a%00b", "x"),
      Form("name=f; filename*=UTF-8''a%0Gb", "x"),
      "--XXjunk\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--XX--",
      "--XX" + std::string(100, ' '),
      std::string(10'000, 'p') + "\r\n--XX--",
  };
  for (const std::string& body : cases) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{10}, std::size_t{100'000}}) {
      const auto parts = Parse(body, step);
      ASSERT_FALSE(parts.has_value()) << body;
      EXPECT_EQ(parts.error().code(), ErrorCode::kInvalidArgument) << body;
    }
  }
}

TEST(Multipart, RefusesWhatIsBeyondItsLimits) {
  const std::string large = Form("name=f; filename=\"" + std::string(9000, 'n') + "\"", "x");
  std::string many;
  for (int i = 0; i < 3; ++i) {
    many += "--XX\r\nContent-Disposition: form-data; name=a\r\n\r\nx\r\n";
  }
  many += "--XX--";
  for (const std::size_t step : {std::size_t{1}, std::size_t{100'000}}) {
    EXPECT_EQ(Parse(large, step).error().code(), ErrorCode::kResourceExhausted);
    EXPECT_EQ(Parse(many, step, {.part_count_max = 2}).error().code(),
              ErrorCode::kResourceExhausted);
    EXPECT_EQ(Parse(many, step, {.part_count_max = 3})->size(), 3U);
  }
}

TEST(Multipart, NeedsABoundary) {
  for (const char* type :
       {"", "text/plain", "multipart/form-data",
        "multipart/form-data; boundary=", "multipart/form-data; boundary=\"a\r\"",
        "multipart/mixed; boundary=a", "multipart/form-data; boundary=\"a \""}) {
    EXPECT_FALSE(MultipartParser::ForContentType(type).has_value()) << type;
  }
  const std::string quoted = "multipart/form-data; charset=utf-8; boundary=\"a b:(c)\"";
  EXPECT_TRUE(MultipartParser::ForContentType(quoted).has_value());
  EXPECT_FALSE(
      MultipartParser::ForContentType(fmt::format("multipart/form-data; boundary={:a>71}", "")));
}

}  // namespace
}  // namespace tritontube::http
