#include "transport/http/upload_headers.h"

#include <gtest/gtest.h>

namespace tritontube::http {
namespace {

ErrorCode CodeOfRange(std::string_view text) {
  const auto range = ParseContentRange(text);
  EXPECT_FALSE(range.has_value()) << text;
  return range ? ErrorCode::kUnknown : range.error().code();
}

TEST(ContentRange, IsThePlaceOfTheBytesInTheFile) {
  EXPECT_EQ(ParseContentRange("bytes 0-99/1000"),
            (ContentRange{.slice = {.offset = 0, .length = 100}, .total = 1000}));
  EXPECT_EQ(ParseContentRange("Bytes 999-999/1000"),
            (ContentRange{.slice = {.offset = 999, .length = 1}, .total = 1000}));
}

TEST(ContentRange, IsRefusedWhenItIsMalformedOrLiesBeyondTheEnd) {
  for (const char* text :
       {"", "bytes", "bytes ", "bytes 0-99", "bytes 0-99/*", "bytes */1000", "bytes 9-1/1000",
        "bytes 0-99/1000/1", "bytes -5-99/1000", "bytes 0x1-99/1000", "items 0-99/1000",
        "bytes=0-99/1000", "bytes 0-99999999999999999999999/1000", "bytes 0- 9/10"}) {
    EXPECT_EQ(CodeOfRange(text), ErrorCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(CodeOfRange("bytes 0-1000/1000"), ErrorCode::kOutOfRange);
  EXPECT_EQ(CodeOfRange("bytes 0-18446744073709551615/1"), ErrorCode::kOutOfRange);
}

TEST(UploadMetadata, IsKeysWithValuesInBase64) {
  const auto metadata =
      ParseUploadMetadata("filename aG9saWRheS5tcDQ=, is_confidential,title w7xi");
  ASSERT_TRUE(metadata.has_value());
  EXPECT_EQ(*metadata, (UploadMetadata{
                           {"filename", "holiday.mp4"}, {"is_confidential", ""}, {"title", "üb"}}));
  EXPECT_TRUE(ParseUploadMetadata("")->empty());
}

TEST(UploadMetadata, IsRefusedWhenItIsMalformed) {
  for (const char* text : {"a b", "a YQ", "a Y===", "a YQ=a",
                           "a YQ==,a YQ==", ", a YQ==", "a Y*==", "\xc3\xa4 YQ=="}) {
    EXPECT_FALSE(ParseUploadMetadata(text).has_value()) << text;
  }
}

TEST(Base64, GivesTheBytesBack) {
  EXPECT_EQ(DecodeBase64("TWFueQ=="), "Many");
  EXPECT_EQ(DecodeBase64("TWFuCg=="), "Man\n");
  EXPECT_EQ(DecodeBase64("/+8A"), std::string("\xff\xef\0", 3));
  EXPECT_EQ(DecodeBase64(""), "");
  for (const std::string text : {"", "a", "ab", "abc", "abcd", "\xff\x00\x80"}) {
    EXPECT_EQ(DecodeBase64(EncodeBase64(text)), text);
  }
  EXPECT_EQ(EncodeBase64("Many"), "TWFueQ==");
}

TEST(ByteSlices, AreWrittenWithTheirLastByte) {
  EXPECT_EQ(FormatByteSlices({{.offset = 0, .length = 10}, {.offset = 20, .length = 1}}),
            "0-9,20-20");
  EXPECT_EQ(FormatByteSlices({}), "");
}

}  // namespace
}  // namespace tritontube::http
