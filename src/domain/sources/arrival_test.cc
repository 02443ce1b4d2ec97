#include "domain/sources/arrival.h"

#include <gtest/gtest.h>

#include <map>

#include "foundation/async/io_pool.h"
#include "support/memory_blob_store.h"

namespace tritontube::sources {
namespace {

using blob::ByteRange;

UploadId AnyUpload() { return *UploadId::Parse("piecespiece"); }
Arrival Nothing() { return {.pieces_upload = AnyUpload()}; }

TEST(Arrival, JoinsPartsThatTouch) {
  constexpr ByteCount kSize = 4 * kPartBytes + 1;
  Arrival arrival = Nothing();
  for (const ByteCount part : {1U, 3U, 4U, 2U}) AddPart(arrival, part, kSize);
  EXPECT_EQ(arrival.parts, (std::vector<PartRun>{{.first = 1, .count = 4}}));
  AddPart(arrival, 3, kSize);
  EXPECT_EQ(arrival.parts.size(), 1U);
  EXPECT_EQ(PrefixBytes(arrival, kSize), 0U);
  AddPart(arrival, 0, kSize);
  EXPECT_TRUE(IsWhole(arrival, kSize));
  EXPECT_EQ(PrefixBytes(arrival, kSize), kSize);
}

TEST(Arrival, TakesNoByteTwice) {
  Arrival arrival = Nothing();
  ASSERT_TRUE(AddPiece(arrival, {.offset = 10, .length = 10}, 100));
  for (const StoredPiece piece : {StoredPiece{10, 10}, {5, 6}, {19, 1}, {0, 100}, {12, 2}}) {
    EXPECT_EQ(AddPiece(arrival, piece, 100).error().code(), ErrorCode::kAlreadyExists);
  }
  ASSERT_TRUE(AddPiece(arrival, {.offset = 0, .length = 10}, 100));
  EXPECT_EQ(StoredRanges(arrival, 100), (std::vector<ByteRange>{{0, 20}}));
  EXPECT_EQ(MissingOf(arrival, 100, {5, 20}), (std::vector<ByteRange>{{20, 5}}));
  EXPECT_TRUE(MissingOf(arrival, 100, {5, 0}).empty());
}

TEST(Arrival, HasABoundOnItsPieces) {
  Arrival arrival = Nothing();
  constexpr ByteCount kSize = 4 * kPiecesMax;
  for (std::size_t i = 0; i < kPiecesMax; ++i) {
    ASSERT_TRUE(AddPiece(arrival, {.offset = 2 * i, .length = 1}, kSize));
  }
  EXPECT_EQ(AddPiece(arrival, {.offset = 2 * kPiecesMax, .length = 1}, kSize).error().code(),
            ErrorCode::kResourceExhausted);
}

// What arrives, in an order that the seed decides: beside it, byte for byte (in
// units of kUnit), what must be said of it.
class AnyOrder : public testing::TestWithParam<std::uint64_t> {
 protected:
  static constexpr ByteCount kUnit = kPartBytes / 16;
  static constexpr ByteCount kUnits = 3 * 16 + 5;
  static constexpr ByteCount kSize = kUnits * kUnit - 7;  // The last unit is short.

  static ByteCount OffsetOf(ByteCount unit) { return std::min(kSize, unit * kUnit); }
  static ByteRange RangeOfUnits(ByteCount first, ByteCount end) {
    return {OffsetOf(first), OffsetOf(end) - OffsetOf(first)};
  }
  static char ByteAt(ByteCount offset) { return static_cast<char>(offset % 251); }

  ByteCount Below(ByteCount bound) { return random_.Next() % bound; }

  void Put(const UploadId& upload, const std::string& name, ByteRange range) {
    std::string text(range.length, '\0');
    for (ByteCount i = 0; i < range.length; ++i) text[i] = ByteAt(range.offset + i);
    std::vector<blob::Blob> batch;
    batch.push_back({.key = {key_.video, upload, name}, .bytes = blob::Bytes(std::move(text))});
    EXPECT_TRUE(async::BlockOn(io_.executor(0), store_.Put(std::move(batch), Deadline::Never())));
  }
  Result<blob::Bytes> Read(ByteRange range) {
    return async::BlockOn(io_.executor(0),
                          ReadArrived(store_, key_, arrival_, range, Deadline::Never()));
  }

  // A range within one part, as a sender would bring it.
  void BringSome() {
    const ByteCount first = Below(kUnits);
    const ByteCount part_end = std::min(kUnits, (first / 16 + 1) * 16);
    const ByteCount end = first + 1 + Below(part_end - first);
    const bool is_new =
        !has_[first] && std::ranges::count(std::span(has_).subspan(first, end - first), true) == 0;
    const ByteRange range = RangeOfUnits(first, end);
    const auto added = AddPiece(arrival_, {range.offset, range.length}, kSize);
    ASSERT_EQ(added.has_value(), is_new);
    if (!is_new) return;
    Put(arrival_.pieces_upload, PieceFileName({range.offset, range.length}), range);
    std::fill(has_.begin() + static_cast<std::ptrdiff_t>(first),
              has_.begin() + static_cast<std::ptrdiff_t>(end), true);
    const ByteCount part = first / 16;
    const bool whole = PartHasAll(part);
    ASSERT_EQ(!PiecesOfWholePart(arrival_, part, kSize).empty(), whole);
    if (whole) BringPart(part);
  }
  bool PartHasAll(ByteCount part) const {
    const auto units =
        std::span(has_).subspan(part * 16, std::min<ByteCount>(16, kUnits - part * 16));
    return std::ranges::count(units, false) == 0;
  }
  void BringPart(ByteCount part) {
    Put(key_.upload, PartFileName(part), RangeOfPart(part, kSize));
    AddPart(arrival_, part, kSize);
    EXPECT_TRUE(HoldsPart(arrival_, part));
    std::fill_n(has_.begin() + static_cast<std::ptrdiff_t>(part * 16),
                std::min<ByteCount>(16, kUnits - part * 16), true);
  }

  void ExpectToSayWhatThereIs() {
    ByteCount stored = 0;
    ByteCount prefix = 0;
    bool in_prefix = true;
    for (ByteCount unit = 0; unit < kUnits; ++unit) {
      const ByteRange range = RangeOfUnits(unit, unit + 1);
      EXPECT_EQ(MissingOf(arrival_, kSize, range).empty(), has_[unit]);
      if (has_[unit]) stored += range.length;
      in_prefix = in_prefix && has_[unit];
      if (in_prefix) prefix += range.length;
    }
    EXPECT_EQ(StoredBytes(arrival_, kSize), stored);
    EXPECT_EQ(PrefixBytes(arrival_, kSize), prefix);
    EXPECT_EQ(IsWhole(arrival_, kSize), stored == kSize);
  }
  void ExpectToReadWhatThereIs() {
    const ByteCount first = Below(kUnits);
    const ByteCount end = first + 1 + Below(kUnits - first);
    const ByteRange range = RangeOfUnits(first, end);
    const bool there = std::ranges::count(std::span(has_).subspan(first, end - first), false) == 0;
    const Result<blob::Bytes> bytes = Read(range);
    ASSERT_EQ(bytes.has_value(), there);
    if (!there) {
      EXPECT_EQ(bytes.error().code(), ErrorCode::kOutOfRange);
      return;
    }
    const std::string text = bytes->Flatten();
    ASSERT_EQ(text.size(), range.length);
    for (ByteCount i = 0; i < range.length; i += 4093) EXPECT_EQ(text[i], ByteAt(range.offset + i));
  }

  async::IoPool io_{1};
  support::MemoryBlobStore store_;
  SeededRandom random_{GetParam()};
  SourceKey key_{VideoId::Generate(random_), UploadId::Generate(random_), kSize};
  Arrival arrival_{.pieces_upload = UploadId::Generate(random_)};
  std::array<bool, kUnits> has_ = {};
};

TEST_P(AnyOrder, EndsWithAllOfTheFileAndTellsAtEachStepWhatIsThere) {
  int steps = 0;
  for (; !IsWhole(arrival_, kSize); ++steps) {
    ASSERT_LT(steps, 10'000);
    if (Below(40) == 0) {
      BringPart(Below(PartCount(kSize)));
    } else {
      BringSome();
    }
    ExpectToSayWhatThereIs();
    if (Below(8) == 0) ExpectToReadWhatThereIs();
  }
  EXPECT_TRUE(arrival_.pieces.empty());
  EXPECT_EQ(arrival_.parts, (std::vector<PartRun>{{.first = 0, .count = PartCount(kSize)}}));
  EXPECT_EQ(Read({0, kSize})->size(), kSize);
}

INSTANTIATE_TEST_SUITE_P(Seeds, AnyOrder, testing::Range<std::uint64_t>(1, 9));

}  // namespace
}  // namespace tritontube::sources
