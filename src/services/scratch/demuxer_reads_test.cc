#include "services/scratch/demuxer_reads.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/bmff/box_writer.h"
#include "support/movie_file.h"

namespace tritontube::scratch {
namespace {

using support::FakeMovie;
using support::FakeMovieTrack;
using support::FakePictures;

// A record for each sample, about.
constexpr ByteCount kSampleBytes = 1000;
constexpr std::size_t kRate = 24;  // Pictures a second.

FakeMovieTrack Track(std::size_t count, std::size_t interval) {
  FakeMovieTrack track{.samples = FakePictures(count, interval)};
  for (support::FakeSample& sample : track.samples) sample.size = kSampleBytes;
  return track;
}

Result<RecordSet> Records(const support::MovieFile& file, double from, double to, int stream = 0,
                          ByteCount cut_off = 0) {
  return RecordsOfPictures(
      AsBytes(file.moov), {.file_bytes = file.bytes.size() - cut_off, .record_bytes = kSampleBytes},
      {.stream_index = stream, .from_seconds = from, .to_seconds = to});
}

// Whether all of a sample is read.
bool Reads(const RecordSet& records, const support::MovieFile& file, std::size_t track,
           std::size_t sample) {
  const std::size_t at = file.bytes.find(file.samples[track][sample]);
  return records[at / kSampleBytes] && records[(at + kSampleBytes - 1) / kSampleBytes];
}

TEST(RecordsOfPictures, GoFromTheKeyBeforeToBehindTheLast) {
  const auto file = support::MakeMovieFile({.tracks = {Track(2400, 240)}});
  const auto records = Records(file, 45, 50);
  ASSERT_TRUE(records) << records.error().message();
  EXPECT_TRUE(Reads(*records, file, 0, 40 * kRate));
  EXPECT_FALSE(Reads(*records, file, 0, 40 * kRate - 2));
  EXPECT_TRUE(Reads(*records, file, 0, 52 * kRate));
  EXPECT_FALSE(Reads(*records, file, 0, 55 * kRate));
  // The key at 40 is less than a second before.
  EXPECT_TRUE(Reads(*Records(file, 40.5, 41), file, 0, 30 * kRate));
}

TEST(RecordsOfPictures, HaveTheBeginningOfEveryTrack) {
  const auto file = support::MakeMovieFile(
      {.tracks = {Track(2400, 24),
                  {.id = 2, .handler = "soun", .samples = Track(2400, 1).samples}}});
  const auto records = Records(file, 80, 82);
  ASSERT_TRUE(records) << records.error().message();
  for (const std::size_t track : {0U, 1U}) {
    EXPECT_TRUE(Reads(*records, file, track, 0));
    EXPECT_TRUE(Reads(*records, file, track, 5 * kRate));
    EXPECT_FALSE(Reads(*records, file, track, 20 * kRate));
  }
}

TEST(RecordsOfPictures, FollowTheEditList) {
  FakeMovieTrack track = Track(2400, 24);
  track.edits = {{.duration = 20'000, .media_time = -1},
                 {.duration = 0, .media_time = std::int64_t{30} * 12'288}};
  const auto file = support::MakeMovieFile({.tracks = {track}});
  const auto records = Records(file, 60, 61);
  ASSERT_TRUE(records) << records.error().message();
  EXPECT_TRUE(Reads(*records, file, 0, 70 * kRate));
  EXPECT_FALSE(Reads(*records, file, 0, 60 * kRate));
  // Where ffmpeg begins, and not where the media does.
  EXPECT_TRUE(Reads(*records, file, 0, 30 * kRate));
  EXPECT_FALSE(Reads(*records, file, 0, 10 * kRate));
}

TEST(RecordsOfPictures, AreOfTheKeyThatAnotherTrackOfPicturesHas) {
  FakeMovieTrack other = Track(2400, 1200);
  other.id = 2;
  const auto file = support::MakeMovieFile({.tracks = {Track(2400, 24), other}});
  const auto records = Records(file, 90, 91);
  ASSERT_TRUE(records) << records.error().message();
  EXPECT_TRUE(Reads(*records, file, 0, 50 * kRate));
}

TEST(RecordsOfPictures, AreNotToldOfWhatIsNoPictures) {
  const auto file = support::MakeMovieFile(
      {.tracks = {Track(24, 24), {.id = 2, .handler = "soun", .samples = Track(9, 1).samples}}});
  EXPECT_TRUE(Records(file, 0, 1, 0));
  for (const int stream : {-1, 1, 2}) {
    EXPECT_EQ(Records(file, 0, 1, stream).error().code(), ErrorCode::kInvalidArgument);
  }
}

TEST(RecordsOfPictures, AreNotToldOfTablesThatLeaveTheFile) {
  const auto file = support::MakeMovieFile({.tracks = {Track(240, 24)}, .moov_first = true});
  EXPECT_EQ(Records(file, 0, 1, 0, 10).error().code(), ErrorCode::kInvalidArgument);
  const auto far = support::MakeMovieFile({.tracks = {Track(240, 24)}, .data_gap = 1U << 20U});
  EXPECT_EQ(Records(far, 0, 1).error().code(), ErrorCode::kInvalidArgument);
}

TEST(RecordsOfPictures, AreNotToldOfTimesThatNobodyMeans) {
  FakeMovieTrack late = Track(240, 24);
  late.samples[100].composition_offset = 12'288 * 90;
  EXPECT_FALSE(Records(support::MakeMovieFile({.tracks = {late}}), 0, 1));
  FakeMovieTrack still = Track(240, 24);
  still.samples[100].duration = 0x8000'0000;
  EXPECT_FALSE(Records(support::MakeMovieFile({.tracks = {still}}), 0, 1));
}

TEST(RecordsOfPictures, TakeAnyWindow) {
  const auto file = support::MakeMovieFile({.tracks = {Track(240, 24)}});
  for (const auto& [from, to] : std::vector<std::pair<double, double>>{
           {-1e300, 1e300}, {1e300, -1e300}, {5, 5}, {1000, 1001}, {-5, -4}}) {
    const auto records = Records(file, from, to);
    ASSERT_TRUE(records);
    EXPECT_EQ(records->size(), (file.bytes.size() + kSampleBytes - 1) / kSampleBytes);
  }
}

// Two million samples, of which each is all of a file of a gibibyte.
TEST(RecordGatherer, TakesRangesThatOverlapAtThePriceOfOne) {
  constexpr ByteCount kFileBytes = ByteCount{1} << 30U;
  RecordGatherer gatherer({.file_bytes = kFileBytes, .record_bytes = 4096});
  for (int i = 0; i < 2'000'000; ++i) gatherer.Add({.offset = 0, .length = kFileBytes});
  const RecordSet records = gatherer.Take();
  EXPECT_EQ(std::ranges::count(records, true), std::ptrdiff_t{kFileBytes / 4096});
}

// Feeds a file's headers; the error that it meets.
Result<BoxFinder> Find(const std::string& bytes) {
  BoxFinder boxes(bytes.size());
  while (const auto wanted = boxes.wanted()) {
    EXPECT_LE(wanted->end(), bytes.size());
    TT_RETURN_IF_ERROR(boxes.Feed(AsBytes(bytes).subspan(wanted->offset, wanted->length)));
  }
  TT_RETURN_IF_ERROR(boxes.Check());
  return boxes;
}

std::string Box(const char (&type)[5], std::size_t bytes) {
  bmff::BoxWriter writer;
  const std::string payload(bytes, 'x');
  writer.Box(bmff::MakeFourCc(type), [&] { writer.Append(AsBytes(payload)); });
  return writer.Take();
}

TEST(BoxFinder, FindsTheMoovAndWhatElseIsLookedAt) {
  const auto boxes = Find(Box("ftyp", 16) + Box("free", 99) + Box("mdat", 1000) + Box("moov", 50) +
                          Box("uuid", 20));
  ASSERT_TRUE(boxes);
  EXPECT_EQ(boxes->moov(), (bmff::ByteRange{.offset = 24 + 107 + 1008 + 8, .length = 50}));
  ASSERT_EQ(boxes->read_whole().size(), 3U);
  EXPECT_EQ(boxes->read_whole()[2].length, 28U);
}

TEST(BoxFinder, RefusesWhatIsNotMadeOfBoxesOrFragmented) {
  const std::string whole = Box("ftyp", 16) + Box("mdat", 1000) + Box("moov", 50);
  EXPECT_TRUE(Find(whole));
  EXPECT_FALSE(Find(whole + "abc"));
  EXPECT_FALSE(Find(whole.substr(0, whole.size() - 1)));
  EXPECT_FALSE(Find(whole + Box("moov", 50)));
  EXPECT_FALSE(Find(whole + Box("moof", 50)));
  EXPECT_FALSE(Find(Box("ftyp", 16) + Box("mdat", 1000)));
  std::string many = whole;
  for (int i = 0; i < 1001; ++i) many += Box("uuid", 1);
  EXPECT_FALSE(Find(many));
  EXPECT_FALSE(Find(""));
}

}  // namespace
}  // namespace tritontube::scratch
