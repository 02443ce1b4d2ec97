#include "core/bmff/fragment_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/bmff/sample_table.h"
#include "support/fragmented_mp4.h"

namespace tritontube::bmff {
namespace {

using support::BigEndian;
using support::MakeBox;
using support::MakeFragment;
using support::MakeInit;
using ::testing::HasSubstr;

Movie MovieOf(const std::string& init) {
  return *ParseMovie(FindOnly(AsBytes(init), MakeFourCc("moov"))->payload);
}

std::string FullBox(std::string_view type, std::uint32_t version_and_flags,
                    const std::string& body) {
  return MakeBox(type, BigEndian(version_and_flags, 4) + body);
}

std::string Traf(const std::string& tfhd, std::uint64_t time, const std::string& trun) {
  return MakeBox("traf", tfhd + FullBox("tfdt", 0x01000000, BigEndian(time, 8)) + trun);
}
std::string Tfhd(std::uint32_t flags, const std::string& fields = "", std::uint32_t track = 1) {
  return FullBox("tfhd", flags, BigEndian(track, 4) + fields);
}
// Samples of a duration and a size.
std::string Trun(std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> samples) {
  std::string fields;
  for (const auto& [duration, size] : samples) {
    fields += BigEndian(duration, 4) + BigEndian(size, 4);
  }
  return FullBox("trun", 0x300, BigEndian(samples.size(), 4) + fields);
}

std::vector<Sample> Samples(const FragmentTable& gathered) {
  const auto table =
      SampleTable::Parse(AsBytes(gathered.stbl), 1 << 20U, gathered.first_decode_time);
  EXPECT_TRUE(table) << table.error().message();
  std::vector<Sample> samples;
  for (SampleCursor cursor(*table); !cursor.done(); cursor.Advance()) {
    samples.push_back(cursor.sample());
  }
  return samples;
}

TEST(FragmentTable, IsTheTableOfOneFileThatWasNeverCut) {
  std::string file = MakeInit({});
  FragmentTableBuilder builder(MovieOf(file));
  std::vector<ByteCount> data;
  for (std::uint32_t i = 0; i < 3; ++i) {
    const std::string fragment = MakeFragment({.base_decode_time = 9000 + i * 96ULL * 512});
    const Box moof = *FindOnly(AsBytes(fragment), MakeFourCc("moof"));
    ASSERT_TRUE(builder.Add(file.size(), moof.payload));
    data.push_back(file.size() + moof.size() + 8);
    file += fragment;
  }
  const std::vector<Sample> samples = Samples(builder.Finish(1));
  ASSERT_EQ(samples.size(), 3U * 96U);
  for (std::size_t i = 0; i < samples.size(); ++i) {
    EXPECT_EQ(samples[i].decode_time, 9000 + i * 512);
    EXPECT_EQ(samples[i].data.offset, data[i / 96] + i % 96 * 10);
    EXPECT_EQ(samples[i].is_sync, i % 96 == 0);
  }
}

TEST(FragmentTable, FindsDataFromEveryKindOfBase) {
  FragmentTableBuilder builder(MovieOf(MakeInit({})));
  const std::string run = Trun({{10, 5}, {10, 6}});
  ASSERT_TRUE(builder.Add(
      1000, AsBytes(Traf(Tfhd(0x020000), 0, run) + Traf(Tfhd(0), 20, run) +
                    Traf(Tfhd(1, BigEndian(77, 8)), 40, run) + Traf(Tfhd(0x020000), 60, run))));
  const std::vector<Sample> samples = Samples(builder.Finish(1));
  const std::vector<ByteCount> offsets = {1000, 1005, 1011, 1016, 77, 82, 1000, 1005};
  for (std::size_t i = 0; i < offsets.size(); ++i) EXPECT_EQ(samples[i].data.offset, offsets[i]);
}

TEST(FragmentTable, LengthensTheSampleBeforeAGap) {
  FragmentTableBuilder builder(MovieOf(MakeInit({})));
  const std::string run = Trun({{10, 5}, {10, 6}});
  ASSERT_TRUE(builder.Add(0, AsBytes(Traf(Tfhd(0x020000), 0, run))));
  ASSERT_TRUE(builder.Add(50, AsBytes(Traf(Tfhd(0x020000), 33, run))));
  const std::vector<Sample> samples = Samples(builder.Finish(1));
  EXPECT_EQ(samples[1].duration, 23U);
  EXPECT_EQ(samples[2].decode_time, 33U);
}

TEST(FragmentTable, RefusesFragmentsThatCannotBeOneTrack) {
  const std::string run = Trun({{10, 5}, {10, 6}});
  const std::string negative = FullBox("trun", 0x800, BigEndian(1, 4) + BigEndian(~0ULL, 4));
  const std::string many = FullBox("trun", 0, BigEndian(4'000'001, 4));
  const struct {
    std::string second;
    std::string_view reason;
  } rows[] = {
      {Traf(Tfhd(0), 19, run), "before the end 20"},
      {Traf(Tfhd(0), 20ULL << 32U, run), "a gap of"},
      {Traf(Tfhd(0), 20, negative), "after it is decoded"},
      {Traf(Tfhd(0), 20, many), "more than 4000000 samples"},
      {Traf(Tfhd(0), 20, many.substr(0, 12)), "claims"},
      {MakeBox("traf", ""), "no 'tfhd'"},
      {Traf(Tfhd(1), 20, run), "'tfhd' box is malformed"},
  };
  for (const auto& row : rows) {
    FragmentTableBuilder builder(MovieOf(MakeInit({})));
    ASSERT_TRUE(builder.Add(0, AsBytes(Traf(Tfhd(0x020000), 0, run))));
    const auto added = builder.Add(100, AsBytes(row.second));
    ASSERT_FALSE(added) << row.reason;
    EXPECT_THAT(added.error().message(), HasSubstr(std::string(row.reason)));
  }
}

TEST(FragmentTable, RefusesEmptyFragmentsThatMoveInTime) {
  FragmentTableBuilder builder(MovieOf(MakeInit({})));
  const auto added = builder.Add(0, AsBytes(Traf(Tfhd(0), 5, "") + Traf(Tfhd(0), 9, "")));
  ASSERT_FALSE(added);
  EXPECT_THAT(added.error().message(), HasSubstr("empty"));
}

TEST(FragmentTable, CountsTheDataOfTracksThatNobodyAskedFor) {
  FragmentTableBuilder builder(MovieOf(MakeInit({})));
  const std::string run = Trun({{10, 5}, {10, 6}});
  ASSERT_TRUE(builder.Add(300, AsBytes(Traf(Tfhd(0, "", 9), 7, run) + Traf(Tfhd(0), 0, run))));
  EXPECT_EQ(Samples(builder.Finish(1)).front().data.offset, 311U);
}

}  // namespace
}  // namespace tritontube::bmff
