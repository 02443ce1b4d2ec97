#include "domain/chunks/chunk.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tritontube::chunks {
namespace {

using std::chrono_literals::operator""ms;

ChunkRow Row() {
  SeededRandom random(1);
  const VideoId video = VideoId::Generate(random);
  return {
      .id = {.video = video, .output = UploadId::Generate(random), .number = 12},
      .job = {.video = video, .created = WallTime(5ms), .attempts = 1, .last_error = "it crashed"},
      .first_frame = 96,
      .end_frame = 192,
      .first_segment = 1,
      .cpu_seconds = 12.5,
      .failed_on = "a worker"};
}

media::Rendition Made() {
  return {.id = "v240",
          .kind = media::Kind::kVideo,
          .codecs = "avc1.64000d",
          .width = 426,
          .height = 240,
          .frame_rate = {24, 1},
          .language = {},
          .label = {},
          .timescale = 12288,
          .segments = {{.start = 49152, .duration = 49152, .size = 1000}}};
}

TEST(ChunkRow, IsReadAsItWasWritten) {
  ChunkRow row = Row();
  EXPECT_EQ(DecodeChunkRow(Encode(row)), row);
  row.made = ChunkMade{.worker = "w", .cpu_seconds = 3, .renditions = {Made()}};
  EXPECT_EQ(DecodeChunkRow(Encode(row)), row);
  row.made->renditions.clear();
  row.failure = catalog::Failure{.code = "transcode_failed", .message = "no"};
  EXPECT_EQ(DecodeChunkRow(Encode(row)), row);
}

TEST(ChunkRow, IsNotBelieved) {
  std::string text = Encode(Row());
  for (const std::string_view bad : {"", "{}", "[]", "{\"format\":2}"}) {
    EXPECT_EQ(DecodeChunkRow(bad).error().code(), ErrorCode::kCorrupt) << bad;
  }
  text.replace(text.find(R"("end_frame":192)"), 15, R"("end_frame":"1")");
  EXPECT_EQ(DecodeChunkRow(text).error().code(), ErrorCode::kCorrupt);
}

TEST(ChunkClaim, IsReadAsItWasWritten) {
  const ChunkClaim claim{.claim = Row().id.output, .worker = "a worker"};
  EXPECT_EQ(DecodeChunkClaim(Encode(claim)), claim);
}

TEST(ChunkKeys, NameTheChunk) {
  const ChunkId id = Row().id;
  EXPECT_EQ(ChunkOf(RowKey(id)), id);
  EXPECT_EQ(ChunkOf(ClaimKey(id)), id);
  EXPECT_TRUE(RowKey(id).starts_with(SetPrefix(id.video, id.output)));
  for (const std::string_view key : {"", "chunk/row/", "chunk/row/aaaaaaaaaaa/bbbbbbbbbbb/0000x",
                                     "chunk/row/aaaaaaaaaaa/bbb/00001"}) {
    EXPECT_EQ(ChunkOf(key), std::nullopt) << key;
  }
}

TEST(ChunkKeys, SortByNumber) {
  ChunkId early = Row().id;
  ChunkId late = early;
  early.number = 9;
  late.number = 10;
  EXPECT_LT(RowKey(early), RowKey(late));
}

}  // namespace
}  // namespace tritontube::chunks
