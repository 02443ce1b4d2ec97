#include <gtest/gtest.h>

#include "domain/archive/record.h"
#include "domain/archive/record_reader.h"

namespace tritontube::archive {
namespace {

VideoId TheVideo() { return *VideoId::Parse("videovideo0"); }
UploadId TheUpload() { return *UploadId::Parse("-_loadload0"); }

std::vector<Record> OneOfEach() {
  return {Video{TheVideo(), "{\"title\": \"two\\nlines\"}\n"},
          Gone{TheVideo()},
          Gone{TheVideo(), "its original is damaged"},
          Upload{TheVideo(), TheUpload()},
          Blob{"v720-00001.m4s", blob::Bytes(std::string("bytes\nand\0more", 14))},
          Blob{"empty", {}},
          Stored{2, 14},
          End{-1, 1}};
}

std::string Written(const std::vector<Record>& records) {
  std::string text(kBeginning);
  for (const Record& record : records) text += Write(record).Flatten();
  return text;
}

Result<std::vector<Record>> Read(std::string_view text, std::size_t piece_bytes) {
  RecordReader reader;
  std::vector<Record> records;
  for (std::size_t at = 0; at < text.size(); at += piece_bytes) {
    reader.Feed(text.substr(at, piece_bytes));
    for (;;) {
      TT_ASSIGN_OR_RETURN(std::optional<Record> record, reader.Next());
      if (!record) break;
      records.push_back(*std::move(record));
    }
  }
  if (!reader.AtBoundary()) return Fail(ErrorCode::kOutOfRange, "it ends within a record");
  return records;
}

ErrorCode CodeOf(const Result<std::vector<Record>>& result) {
  return result ? ErrorCode{} : result.error().code();
}

TEST(Archive, GivesBackEveryRecordWhereverTheBytesAreCut) {
  const std::string text = Written(OneOfEach());
  for (const std::size_t piece_bytes : {1UZ, 7UZ, text.size()}) {
    const auto read = Read(text, piece_bytes);
    ASSERT_TRUE(read.has_value()) << read.error().message();
    EXPECT_EQ(Written(*read), text);
  }
}

TEST(Archive, NoticesEveryByteThatIsChanged) {
  const std::string text = Written(OneOfEach());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string changed = text;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_NE(CodeOf(Read(changed, text.size())), ErrorCode{}) << "byte " << i;
  }
}

TEST(Archive, NoticesThatItEndsWithinARecord) {
  const std::string text = Written({Upload{TheVideo(), TheUpload()}});
  for (std::size_t size = kBeginning.size() + 1; size < text.size(); ++size) {
    EXPECT_EQ(CodeOf(Read(text.substr(0, size), 5)), ErrorCode::kOutOfRange) << size;
  }
}

TEST(Archive, RefusesOtherFilesAndNewerFormatsByName) {
  EXPECT_EQ(CodeOf(Read("a film\n", 100)), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeOf(Read(std::string(1000, 'x'), 100)), ErrorCode::kCorrupt);
  const auto newer = Read("tritontube-backup 2\n", 100);
  EXPECT_EQ(CodeOf(newer), ErrorCode::kFailedPrecondition);
  EXPECT_NE(newer.error().message().find("format 2"), std::string::npos);
}

// Lines with a right digest and wrong words: what only somebody would write who wants to.
TEST(Archive, RefusesWordsThatNoRecordHas) {
  for (const char* words :
       {"fly 0", "video 0", "video short 0", "video ../../../etc 0", "upload videovideo0 0",
        "upload videovideo0 a/b 0", "blob ../../x 0", "blob a/b 0", "blob  0", "stored 1 -1 0",
        "stored 1 1x 0", "stored 01 1 0", "end 1 99999999999999999999 0", "end 1 1 1 0",
        "video videovideo0 1 0"}) {
    const std::string line =
        fmt::format("{} {}\n", words, DigestOfRecord(words, blob::Bytes()).ToHex());
    EXPECT_EQ(CodeOf(Read(std::string(kBeginning) + line, 1000)), ErrorCode::kCorrupt) << words;
  }
}

TEST(Archive, RefusesPayloadsThatWouldFillTheMemory) {
  const std::string words = fmt::format("blob a {}", kPayloadBytesMax + 1);
  const std::string line =
      fmt::format("{} {}\n", words, DigestOfRecord(words, blob::Bytes()).ToHex());
  EXPECT_EQ(CodeOf(Read(std::string(kBeginning) + line, 1000)), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace tritontube::archive
