#include "core/bmff/sample_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "core/bmff/movie.h"
#include "support/fragmented_mp4.h"
#include "support/movie_file.h"

namespace tritontube::bmff {
namespace {

using support::BigEndian;
using support::FakeMovieTrack;
using support::FakeSample;
using support::MakeBox;
using support::MakeMovieFile;
using support::MovieFile;
using ::testing::HasSubstr;

constexpr ByteCount kAnySize = std::numeric_limits<std::int64_t>::max();

std::span<const std::byte> TablesOf(const MovieFile& file, std::size_t track = 0) {
  const auto movie = ParseMovie(AsBytes(file.moov));
  EXPECT_TRUE(movie) << movie.error().message();
  return FindOnly(movie->tracks[track].minf, MakeFourCc("stbl"))->payload;
}

std::vector<Sample> AllSamples(const SampleTable& table) {
  std::vector<Sample> samples;
  for (SampleCursor cursor(table); !cursor.done(); cursor.Advance()) {
    samples.push_back(cursor.sample());
  }
  return samples;
}

// Every sample that the table finds is the one that was written.
void ExpectReadBack(const FakeMovieTrack& track) {
  const MovieFile file = MakeMovieFile({.tracks = {track}});
  const auto table = SampleTable::Parse(TablesOf(file), file.bytes.size());
  ASSERT_TRUE(table) << table.error().message();
  const std::vector<Sample> samples = AllSamples(*table);
  ASSERT_EQ(samples.size(), track.samples.size());
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const FakeSample& written = track.samples[i];
    const ByteRange data = samples[i].data;
    EXPECT_EQ(file.bytes.substr(data.offset, data.length), file.samples[0][i]) << i;
    EXPECT_EQ(samples[i].decode_time, time);
    EXPECT_EQ(samples[i].duration, written.duration);
    EXPECT_EQ(samples[i].composition_offset, written.composition_offset);
    EXPECT_EQ(samples[i].is_sync, written.sync);
    time += written.duration;
  }
  EXPECT_EQ(table->duration(), time);
}

std::vector<FakeSample> Uneven(std::uint32_t size_limit) {
  std::vector<FakeSample> samples;
  samples.reserve(101);
  for (std::uint32_t i = 0; i < 101; ++i) {
    samples.push_back({.size = 1 + i * 7 % size_limit,
                       .duration = 500 + i % 3,
                       .composition_offset = static_cast<std::int32_t>(i % 4) * 500 - 500,
                       .sync = i % 9 == 0});
  }
  return samples;
}

TEST(SampleTable, FindsEverySampleOfEveryShapeOfBox) {
  ExpectReadBack({.samples = Uneven(5000)});
  ExpectReadBack({.samples = Uneven(5000), .samples_per_chunk = 1});
  ExpectReadBack({.samples = Uneven(5000), .samples_per_chunk = 101});
  ExpectReadBack({.samples = Uneven(5000), .version_1 = true, .co64 = true});
  ExpectReadBack({.samples = Uneven(5000), .compact_size_bits = 16});
  ExpectReadBack({.samples = Uneven(200), .compact_size_bits = 8});
  ExpectReadBack({.samples = Uneven(14), .compact_size_bits = 4});
  ExpectReadBack({.samples = std::vector<FakeSample>(50)});
  ExpectReadBack({.samples = support::FakePictures(70, 7, true)});
}

TEST(SampleTable, FindsSamplesBeyondFourGibibytes) {
  const std::uint64_t gap = 6ULL << 30U;
  const MovieFile file =
      MakeMovieFile({.tracks = {{.samples = Uneven(100), .co64 = true}}, .data_gap = gap});
  const auto table = SampleTable::Parse(TablesOf(file), file.bytes.size() + gap);
  ASSERT_TRUE(table) << table.error().message();
  for (std::size_t i = 0; const Sample& sample : AllSamples(*table)) {
    EXPECT_EQ(file.bytes.substr(sample.data.offset - gap, sample.data.length),
              file.samples[0][i++]);
  }
  EXPECT_FALSE(SampleTable::Parse(TablesOf(file), file.bytes.size()));
}

TEST(SampleTable, CountsFromAFirstTimeThatIsNotZero) {
  const MovieFile file = MakeMovieFile({.tracks = {{.samples = Uneven(100)}}});
  const auto table = SampleTable::Parse(TablesOf(file), file.bytes.size(), 7000);
  EXPECT_EQ(AllSamples(*table).front().decode_time, 7000U);
  EXPECT_FALSE(SampleTable::Parse(TablesOf(file), file.bytes.size(), ~0ULL));
}

TEST(SampleCursor, GoesOnFromAnyPosition) {
  const MovieFile file =
      MakeMovieFile({.tracks = {{.samples = Uneven(5000), .samples_per_chunk = 7}}});
  const auto table = SampleTable::Parse(TablesOf(file), file.bytes.size());
  for (SampleCursor cursor(*table); !cursor.done(); cursor.Advance()) {
    SampleCursor resumed(*table, cursor.position());
    SampleCursor other = cursor;
    for (; !other.done(); other.Advance(), resumed.Advance()) {
      ASSERT_EQ(resumed.sample().data, other.sample().data);
      ASSERT_EQ(resumed.sample().decode_time, other.sample().decode_time);
      ASSERT_EQ(resumed.sample().is_sync, other.sample().is_sync);
    }
    EXPECT_TRUE(resumed.done());
  }
}

std::string FullBox(std::string_view type, const std::string& body) {
  return MakeBox(type, BigEndian(0, 4) + body);
}
std::string Numbers(std::initializer_list<std::uint64_t> numbers) {
  std::string text;
  for (const std::uint64_t number : numbers) text += BigEndian(number, 4);
  return text;
}

// The boxes of six samples of 10 bytes in three chunks; each can be replaced.
struct Tables {
  std::string stts = FullBox("stts", Numbers({1, 6, 100}));
  std::string stsz = FullBox("stsz", Numbers({10, 6}));
  std::string stsc = FullBox("stsc", Numbers({2, 1, 1, 1, 2, 1, 1})) + "";
  std::string stco = FullBox("stco", Numbers({6, 0, 10, 20, 30, 40, 50}));
  std::string more;

  std::string All() const { return stts + stsz + stsc + stco + more; }
};

TEST(SampleTable, SaysWhichBoxIsAtFault) {
  const auto with = [](auto Tables::* box, const std::string& bytes) {
    Tables tables;
    tables.*box = bytes;
    return tables.All();
  };
  ASSERT_TRUE(SampleTable::Parse(AsBytes(Tables{}.All()), 60));
  const struct {
    std::string bytes;
    std::string_view reason;
  } rows[] = {
      {with(&Tables::stts, ""), "no 'stts'"},
      {with(&Tables::stsz, ""), "no 'stsz'"},
      {with(&Tables::stsc, ""), "no 'stsc'"},
      {with(&Tables::stco, ""), "no 'stco'"},
      {with(&Tables::stts, FullBox("stts", Numbers({2, 6, 100}))), "'stts' box has no room"},
      {with(&Tables::stts, FullBox("stts", Numbers({0xffffffff}))), "'stts' box has no room"},
      {with(&Tables::stts, FullBox("stts", Numbers({1, 5, 100}))), "'stts' box is about 5"},
      {with(&Tables::stts, FullBox("stts", Numbers({2, 6, 100, 0, 1}))), "no samples"},
      {with(&Tables::stsz, FullBox("stsz", "")), "'stsz' box is malformed"},
      {with(&Tables::stsz, FullBox("stsz", Numbers({10, 0}))), "has no samples"},
      {with(&Tables::stsz, FullBox("stsz", Numbers({10, 20'000'001}))), "at most 20000000"},
      {with(&Tables::stsz, FullBox("stsz", Numbers({0, 6, 1, 2, 3}))), "'stsz' box has no room"},
      {with(&Tables::stsz, FullBox("stz2", Numbers({12, 6}))), "sizes of 12 bits"},
      {with(&Tables::stsz, FullBox("stz2", Numbers({16, 6, 0}))), "'stz2' box has no room"},
      {with(&Tables::stsc, FullBox("stsc", Numbers({0}))), "first chunk"},
      {with(&Tables::stsc, FullBox("stsc", Numbers({1, 2, 1, 1}))), "first chunk"},
      {with(&Tables::stsc, FullBox("stsc", Numbers({1, 1, 0, 1}))), "without samples"},
      {with(&Tables::stsc, FullBox("stsc", Numbers({1, 1, 1, 0}))), "without samples"},
      {with(&Tables::stsc, FullBox("stsc", Numbers({1, 1, 2, 1}))), "chunks hold"},
      {with(&Tables::stsc, FullBox("stsc", Numbers({2, 1, 1, 1, 1, 1, 1}))), "from chunk 1 to 1"},
      {with(&Tables::stsc, FullBox("stsc", Numbers({2, 1, 1, 1, 9, 1, 1}))), "from chunk 1 to 9"},
      {with(&Tables::stco, FullBox("stco", Numbers({0}))), "'stsc' box goes from chunk"},
      {with(&Tables::stco, FullBox("stco", Numbers({6, 0, 10, 20, 30, 40, 51}))), "cut off"},
      {with(&Tables::stco, FullBox("co64", Numbers({1}) + BigEndian(~0ULL, 8))), "'stsc'"},
      {with(&Tables::more, FullBox("stss", Numbers({1, 7}))), "'stss' box names sample 7"},
      {with(&Tables::more, FullBox("stss", Numbers({2, 3, 3}))), "'stss' box names sample 3"},
      {with(&Tables::more, FullBox("ctts", Numbers({1, 5, 0}))), "'ctts' box is about 5"},
      {Tables{}.All() + "rest", "claims"},
      {Tables{}.All() + Tables{}.stts, "two 'stts'"},
  };
  for (const auto& row : rows) {
    const auto table = SampleTable::Parse(AsBytes(row.bytes), 60);
    ASSERT_FALSE(table) << row.reason;
    EXPECT_EQ(table.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(table.error().message(), HasSubstr(std::string(row.reason)));
  }
}

TEST(SampleTable, RefusesAnEndBeyondTheLargestNumber) {
  Tables tables;
  tables.stco = FullBox("co64", Numbers({6}) + std::string(40, '\0') + BigEndian(~0ULL - 3, 8));
  EXPECT_FALSE(SampleTable::Parse(AsBytes(tables.All()), kAnySize));
}

TEST(SampleTable, KnowsWhetherAllSamplesHaveOneDescription) {
  Tables tables;
  EXPECT_EQ(SampleTable::Parse(AsBytes(tables.All()), 60)->description(), 1U);
  tables.stsc = FullBox("stsc", Numbers({2, 1, 1, 1, 2, 1, 2}));
  EXPECT_EQ(SampleTable::Parse(AsBytes(tables.All()), 60)->description(), std::nullopt);
}

TEST(SampleTable, CanBeWithoutAnySyncSample) {
  Tables tables;
  tables.more = FullBox("stss", Numbers({0}));
  for (const Sample& sample : AllSamples(*SampleTable::Parse(AsBytes(tables.All()), 60))) {
    EXPECT_FALSE(sample.is_sync);
  }
}

TEST(SampleTable, ReadsNegativeOffsetsInVersionZeroAsQuickTimeWritesThem) {
  Tables tables;
  tables.more = FullBox("ctts", Numbers({1, 6, static_cast<std::uint32_t>(-50)}));
  EXPECT_EQ(AllSamples(*SampleTable::Parse(AsBytes(tables.All()), 60))[5].composition_offset, -50);
}

}  // namespace
}  // namespace tritontube::bmff
