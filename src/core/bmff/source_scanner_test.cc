#include "core/bmff/source_scanner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fragmented_mp4.h"
#include "support/movie_file.h"

namespace tritontube::bmff {
namespace {

using support::BigEndian;
using support::FakeMovie;
using support::MakeBox;
using support::MakeFragment;
using support::MakeInit;
using support::MakeMovieFile;
using ::testing::HasSubstr;

struct Scan {
  SourceBoxes boxes;
  std::size_t reads = 0;
  ByteCount bytes_read = 0;
};

Result<Scan> ScanFile(std::string_view file) {
  SourceScanner scanner(file.size());
  Scan scan;
  while (const auto range = scanner.wanted()) {
    EXPECT_LE(range->end(), file.size());
    EXPECT_TRUE(range->length > 0 || file.empty());
    ++scan.reads;
    scan.bytes_read += range->length;
    TT_RETURN_IF_ERROR(scanner.Feed(AsBytes(file.substr(range->offset, range->length))));
  }
  scan.boxes = std::move(scanner).Take();
  return scan;
}

void ExpectRefused(std::string_view file, std::string_view reason) {
  const auto scan = ScanFile(file);
  ASSERT_FALSE(scan) << reason;
  EXPECT_EQ(scan.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_THAT(scan.error().message(), HasSubstr(std::string(reason)));
}

FakeMovie LargeMovie(bool moov_first) {
  return {.tracks = {{.samples = support::FakePictures(2000, 24)}}, .moov_first = moov_first};
}

TEST(SourceScanner, NeedsOneReadWhenTheMovieComesFirstAndIsSmall) {
  const auto file =
      MakeMovieFile({.tracks = {{.samples = support::FakePictures(300, 24)}}, .moov_first = true});
  const auto scan = ScanFile(file.bytes);
  ASSERT_TRUE(scan) << scan.error().message();
  EXPECT_EQ(scan->boxes.moov, file.moov);
  EXPECT_EQ(scan->reads, 1U);
  EXPECT_LT(scan->bytes_read, file.bytes.size());
}

TEST(SourceScanner, NeedsFewReadsWhenTheMovieComesLast) {
  const auto file = MakeMovieFile(LargeMovie(false));
  const auto scan = ScanFile(file.bytes);
  ASSERT_TRUE(scan) << scan.error().message();
  EXPECT_EQ(scan->boxes.moov, file.moov);
  EXPECT_LE(scan->reads, 3U);
}

TEST(SourceScanner, TakesAMovieThatIsLargerThanOneWindow) {
  FakeMovie movie = LargeMovie(true);
  for (std::uint32_t i = 0; i < 5000; ++i) movie.tracks[0].samples.push_back({.size = 1 + i % 9});
  const auto file = MakeMovieFile(movie);
  ASSERT_GT(file.moov.size(), 16U << 10U);
  const auto scan = ScanFile(file.bytes);
  ASSERT_TRUE(scan) << scan.error().message();
  EXPECT_EQ(scan->boxes.moov, file.moov);
  EXPECT_EQ(scan->reads, 2U);
}

TEST(SourceScanner, KnowsBoxesWithLongSizesAndOnesThatReachToTheEnd) {
  const std::string moov = MakeBox("moov", MakeBox("mvhd", "x"));
  const std::string wide = BigEndian(1, 4) + "free" + BigEndian(20, 8) + "four";
  EXPECT_EQ(ScanFile(wide + moov)->boxes.moov, moov.substr(8));
  const std::string open = BigEndian(0, 4) + moov.substr(4);
  EXPECT_EQ(ScanFile(wide + open)->boxes.moov, moov.substr(8));
  const std::string open_data = BigEndian(0, 4) + "mdat" + "data";
  EXPECT_EQ(ScanFile(moov + open_data)->boxes.moov, moov.substr(8));
  ExpectRefused(open_data, "no 'moov'");
}

TEST(SourceScanner, FindsAllFragments) {
  std::string file = MakeInit({});
  std::vector<ByteCount> offsets;
  for (std::uint32_t i = 0; i < 40; ++i) {
    offsets.push_back(file.size());
    file += MakeFragment({.sequence_number = i + 1, .base_decode_time = i * 96ULL * 512});
  }
  const auto scan = ScanFile(file);
  ASSERT_TRUE(scan) << scan.error().message();
  ASSERT_EQ(scan->boxes.moofs.size(), 40U);
  for (std::size_t i = 0; i < 40; ++i) {
    const SourceBoxes::Moof& moof = scan->boxes.moofs[i];
    EXPECT_EQ(moof.offset, offsets[i]);
    EXPECT_EQ(AsText(scan->boxes.moof_payload(moof)), file.substr(offsets[i] + 8, moof.size));
  }
}

TEST(SourceScanner, RefusesWhatIsNoMovie) {
  const std::string moov = MakeBox("moov", MakeBox("mvhd", ""));
  const std::string fragmented = MakeInit({});
  const std::string large = BigEndian((64ULL << 20U) + 1, 4) + "moov";
  ExpectRefused(MakeBox("ftyp", "isom"), "no 'moov'");
  ExpectRefused("", "no 'moov'");
  ExpectRefused("abc", "within a box header");
  ExpectRefused(BigEndian(1, 4) + "mdat" + "1234", "within a box header");
  ExpectRefused(BigEndian(7, 4) + "free" + moov, "'free' claims 7");
  ExpectRefused(BigEndian(1, 4) + "free" + BigEndian(15, 8) + moov, "'free' claims 15");
  ExpectRefused(BigEndian(1, 4) + "free" + BigEndian(~0ULL, 8) + moov, "'free' claims");
  ExpectRefused(MakeBox("mdat", "abc") + moov.substr(0, 12), "'moov' claims");
  ExpectRefused(fragmented + MakeFragment({}).substr(0, 300), "'mdat' claims");
  ExpectRefused(MakeFragment({}) + fragmented, "before the 'moov'");
  ExpectRefused(fragmented + moov, "two 'moov'");
  ExpectRefused(MakeBox("moov", "no box"), "claims");
  ExpectRefused(large + std::string(64ULL << 20U, 'x'), "larger than we take");
  std::string many;
  for (int i = 0; i < 1001; ++i) many += MakeBox("free", "");
  ExpectRefused(many + moov, "too many boxes");
}

TEST(SourceScanner, LimitsAllFragmentsTogether) {
  const std::string half = MakeBox("moof", std::string(17ULL << 20U, 'x'));
  ExpectRefused(MakeInit({}) + half + half, "larger than we take");
}

TEST(SourceScanner, WantsNothingAfterAnError) {
  SourceScanner scanner(3);
  const auto fed = scanner.Feed(AsBytes("abc"));
  ASSERT_FALSE(fed);
  EXPECT_FALSE(scanner.wanted());
}

}  // namespace
}  // namespace tritontube::bmff
