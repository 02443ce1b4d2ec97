#include <gtest/gtest.h>

#include "core/blob/blob_store.h"

namespace tritontube::blob {
namespace {

Bytes Pieces() {
  Bytes bytes(std::string("one "));
  bytes.Append(Bytes(std::string("two ")));
  bytes.Append(Bytes(std::string("three")));
  return bytes;
}

TEST(Bytes, SlicesAcrossItsSpansWithoutCopying) {
  EXPECT_EQ(Pieces().Slice(2, 8).Flatten(), "e two th");
  EXPECT_EQ(Pieces().Slice(4, 4).spans().size(), 1U);
  EXPECT_TRUE(Pieces().Slice(13, 0).empty());
}

TEST(Bytes, KeepItsOwnersAliveThroughEverySlice) {
  const Bytes slice = [] { return Pieces().Slice(4, 3); }();
  EXPECT_EQ(slice.Flatten(), "two");
}

TEST(Digest, DependsOnTheBytesAndNotOnHowTheyAreCut) {
  EXPECT_EQ(DigestOf(Pieces()), DigestOf(Bytes(Pieces().Flatten())));
  EXPECT_NE(DigestOf(Pieces()), DigestOf(Pieces().Slice(0, 12)));
}

TEST(Digest, ReadsBackFromItsHexadecimalForm) {
  const Digest digest = DigestOf(Pieces());
  EXPECT_EQ(Digest::FromHex(digest.ToHex()), digest);
  EXPECT_FALSE(Digest::FromHex("xyz").has_value());
  EXPECT_FALSE(Digest::FromHex(std::string(32, 'g')).has_value());
}

TEST(FileName, IsFlatAndPlain) {
  EXPECT_TRUE(IsWellFormedFileName("v720-00012.m4s"));
  for (const char* file : {"", "a/b", "a b", "\xC3\xA4", "a\nb"}) {
    EXPECT_FALSE(IsWellFormedFileName(file)) << file;
  }
}

Blob BlobOf(std::string file, std::string text) {
  return {.key = {.video = *VideoId::Parse("videovideov"),
                  .upload = *UploadId::Parse("uploadupl-1"),
                  .file = std::move(file)},
          .bytes = Bytes(std::move(text))};
}

ErrorCode CodeOf(const Result<void>& result) {
  return result ? ErrorCode::kUnknown : result.error().code();
}

TEST(Batch, NamesEachKeyOnceAndOnlyByWellFormedNames) {
  EXPECT_TRUE(CheckBatch({BlobOf("a", "1"), BlobOf("b", "1")}).has_value());
  EXPECT_EQ(CodeOf(CheckBatch({BlobOf("a", "1"), BlobOf("a", "1")})), ErrorCode::kInvalidArgument);
  EXPECT_EQ(CodeOf(CheckBatch({BlobOf("../a", "1")})), ErrorCode::kInvalidArgument);
}

TEST(Batch, HasABoundInBytes) {
  const std::string half(kBatchBytesMax / 2, 'x');
  EXPECT_TRUE(CheckBatch({BlobOf("a", half), BlobOf("b", half)}).has_value());
  EXPECT_EQ(CodeOf(CheckBatch({BlobOf("a", half), BlobOf("b", half), BlobOf("c", "x")})),
            ErrorCode::kInvalidArgument);
}

TEST(Range, LiesWithinTheBlobEvenWhenItsEndOverflows) {
  const BlobKey key = BlobOf("a", "").key;
  EXPECT_TRUE(CheckRange(key, {.offset = 5, .length = 0}, 5).has_value());
  EXPECT_EQ(CodeOf(CheckRange(key, {.offset = 5, .length = 1}, 5)), ErrorCode::kOutOfRange);
  EXPECT_EQ(CodeOf(CheckRange(key, {.offset = 1, .length = ~ByteCount{0}}, 5)),
            ErrorCode::kOutOfRange);
}

}  // namespace
}  // namespace tritontube::blob
