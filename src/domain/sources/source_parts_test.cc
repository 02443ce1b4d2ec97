#include "domain/sources/source_parts.h"

#include <gtest/gtest.h>

#include "foundation/async/io_pool.h"
#include "support/memory_blob_store.h"

namespace tritontube::sources {
namespace {

constexpr ByteCount kSize = 2 * kPartBytes + 5;

char ByteAt(ByteCount offset) { return static_cast<char>(offset % 251); }

class SourceParts : public testing::Test {
 protected:
  SourceParts() { async::BlockOn(io_.executor(0), Store()); }

  async::Task<void> Store() {
    for (ByteCount part = 0; part < PartCount(kSize); ++part) {
      std::string bytes;
      for (ByteCount at = part * kPartBytes; at < std::min(kSize, (part + 1) * kPartBytes); ++at) {
        bytes += ByteAt(at);
      }
      std::vector<blob::Blob> batch;
      batch.push_back({.key = {key_.video, key_.upload, PartFileName(part)},
                       .bytes = blob::Bytes(std::move(bytes))});
      const auto stored = co_await store_.Put(std::move(batch), Deadline::Never());
      EXPECT_TRUE(stored.has_value());
    }
  }

  Result<std::string> Read(ByteCount offset, ByteCount length) {
    TT_ASSIGN_OR_RETURN(const blob::Bytes bytes,
                        async::BlockOn(io_.executor(0), ReadSource(store_, key_, {offset, length},
                                                                   Deadline::Never())));
    return bytes.Flatten();
  }

  async::IoPool io_{1};
  support::MemoryBlobStore store_;
  SeededRandom random_{1};
  SourceKey key_{VideoId::Generate(random_), UploadId::Generate(random_), kSize};
};

TEST_F(SourceParts, AreReadAcrossTheirBorders) {
  for (const auto& [offset, length] :
       std::vector<std::pair<ByteCount, ByteCount>>{{0, 1},
                                                    {kPartBytes - 1, 2},
                                                    {kPartBytes, 1},
                                                    {kPartBytes - 3, kPartBytes + 6},
                                                    {kSize - 1, 1},
                                                    {kSize, 0}}) {
    const Result<std::string> text = Read(offset, length);
    ASSERT_TRUE(text.has_value()) << text.error().message();
    ASSERT_EQ(text->size(), length);
    for (ByteCount i = 0; i < length; i += 1000) EXPECT_EQ((*text)[i], ByteAt(offset + i));
    if (length > 0) EXPECT_EQ(text->back(), ByteAt(offset + length - 1));
  }
}

TEST_F(SourceParts, RefuseWhatLiesBeyondTheEnd) {
  EXPECT_EQ(Read(kSize, 1).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(Read(kSize + 1, 0).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(Read(1, ~ByteCount{0}).error().code(), ErrorCode::kOutOfRange);
}

TEST_F(SourceParts, ThatAreMissingAreAnError) {
  store_.FailNext(support::MemoryBlobStore::Operation::kGet,
                  Error(ErrorCode::kNotFound, "no such blob"));
  EXPECT_EQ(Read(0, 1).error().code(), ErrorCode::kNotFound);
}

TEST(PartCount, CountsTheShortLastPart) {
  EXPECT_EQ(PartCount(1), 1U);
  EXPECT_EQ(PartCount(kPartBytes), 1U);
  EXPECT_EQ(PartCount(kPartBytes + 1), 2U);
}

}  // namespace
}  // namespace tritontube::sources
