#include "adapters/rocksdb/record_format.h"

#include <gtest/gtest.h>

namespace tritontube::rocksdb {
namespace {

blob::BlobKey KeyOf(std::string file) {
  return {.video = *VideoId::Parse("video-00001"),
          .upload = *UploadId::Parse("uplod-00001"),
          .file = std::move(file)};
}

TEST(RecordFormat, SortsABlobsKeysTogetherAndInOrder) {
  const std::string head = HeadKey(KeyOf("a"));
  EXPECT_LT(head, RecordKey(head, 0));
  EXPECT_LT(RecordKey(head, 255), RecordKey(head, 256));
  EXPECT_LT(RecordKey(head, 0xFFFFFFFF), KeyBehind(KeyOf("a")));
  EXPECT_LT(KeyBehind(KeyOf("a")), HeadKey(KeyOf("a-")));
  EXPECT_LT(HeadKey(KeyOf("a-")), HeadKey(KeyOf("aa")));
}

TEST(RecordFormat, KeysOfAnUploadLieInItsRangeAndNoOthers) {
  const KeyRange range = KeysOf(KeyOf("a").video, KeyOf("a").upload);
  EXPECT_LE(range.begin, HeadKey(KeyOf("-")));
  EXPECT_LT(RecordKey(HeadKey(KeyOf(std::string(128, 'z'))), 0xFFFFFFFF), range.end);
  blob::BlobKey next = KeyOf("-");
  next.upload = *UploadId::Parse("uplod-00002");
  EXPECT_LT(range.end, HeadKey(next));
}

TEST(RecordFormat, FindsTheBlobOfAHeadKeyAndOfNoOtherKey) {
  const std::string head = HeadKey(KeyOf("a.m4s"));
  EXPECT_EQ(ParseHeadKey(head), KeyOf("a.m4s"));
  EXPECT_EQ(ParseHeadKey(RecordKey(head, 7)), std::nullopt);
  EXPECT_EQ(ParseHeadKey(head.substr(0, 22)), std::nullopt);
  EXPECT_EQ(ParseHeadKey(std::string("video-00001uplod-00001a/b\0", 26)), std::nullopt);
}

TEST(RecordFormat, ReadsAHeadBackAndNoDamagedOne) {
  const std::string key = HeadKey(KeyOf("a"));
  const Head head{.size = 700'000, .digest = {.high = 1, .low = 2}, .record_bytes = 262'144};
  const std::string value = EncodeHead(key, head);
  const auto decoded = DecodeHead(key, value);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_TRUE(decoded->IsOfSameBytes(head));
  EXPECT_EQ(decoded->record_count(), 3U);
  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string damaged = value;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    EXPECT_FALSE(DecodeHead(key, damaged).has_value()) << i;
  }
  EXPECT_FALSE(DecodeHead(HeadKey(KeyOf("b")), value).has_value());
  EXPECT_FALSE(DecodeHead(key, "").has_value());
}

TEST(RecordFormat, AnEmptyBlobHasNoRecords) {
  EXPECT_EQ((Head{.size = 0, .digest = {}, .record_bytes = 4}).record_count(), 0U);
  EXPECT_EQ((Head{.size = 4, .digest = {}, .record_bytes = 4}).record_count(), 1U);
}

// CRC32C's check value (RFC 3720 B.4 and the catalogues): "123456789" gives E3069283.
TEST(RecordFormat, ChecksumsAreCrc32cOverKeyAndBytes) {
  const std::string checksum = RecordChecksum("1234", {AsBytes("56"), AsBytes("789")});
  EXPECT_EQ(checksum, "\x83\x92\x06\xE3");
  const std::string value = checksum + "56789";
  EXPECT_EQ(AsText(*VerifyRecord("1234", value)), "56789");
  EXPECT_FALSE(VerifyRecord("1235", value).has_value());
  EXPECT_FALSE(VerifyRecord("1234", value + "0").has_value());
  EXPECT_FALSE(VerifyRecord("1234", "abcd").has_value());
}

}  // namespace
}  // namespace tritontube::rocksdb
