#include "core/bmff/movie.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fragmented_mp4.h"
#include "support/movie_file.h"

namespace tritontube::bmff {
namespace {

using support::BigEndian;
using support::FakeMovieTrack;
using support::MakeBox;
using support::MakeMovieFile;
using ::testing::HasSubstr;

std::vector<support::FakeSample> OneSample() { return std::vector<support::FakeSample>(1); }

TEST(Movie, ReadsTheHeadersOfTracksOfBothVersions) {
  for (const bool version_1 : {false, true}) {
    const FakeMovieTrack video{.id = 7, .samples = OneSample(), .version_1 = version_1};
    const FakeMovieTrack text{
        .id = 9, .handler = "text", .flags = 0, .samples = OneSample(), .version_1 = version_1};
    const auto file = MakeMovieFile({.tracks = {video, text}, .timescale = 600});
    const auto movie = ParseMovie(AsBytes(file.moov));
    ASSERT_TRUE(movie) << movie.error().message();
    EXPECT_EQ(movie->timescale, 600U);
    EXPECT_FALSE(movie->fragmented);
    ASSERT_EQ(movie->tracks.size(), 2U);
    const MovieTrack& track = movie->tracks[0];
    EXPECT_EQ(track.id, 7U);
    EXPECT_TRUE(track.is_video());
    EXPECT_TRUE(track.enabled);
    EXPECT_EQ(track.timescale, 12'288U);
    EXPECT_EQ(track.language, 0x55c4);
    const Matrix upright = {0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000};
    EXPECT_EQ(track.matrix, upright);
    EXPECT_EQ(movie->matrix, upright);
    EXPECT_FALSE(track.defaults);
    EXPECT_FALSE(movie->tracks[1].is_video() || movie->tracks[1].is_audio());
    EXPECT_FALSE(movie->tracks[1].enabled);
  }
}

TEST(Movie, RefusesAnyCutOfIt) {
  const auto file =
      MakeMovieFile({.tracks = {{.edits = {{.duration = 1}}, .samples = OneSample()}}});
  // The mvhd and the trak are each cut within and behind their boxes.
  const std::size_t sample_tables = file.moov.find("stbl") - 4;
  for (std::size_t size = 0; size < sample_tables; ++size) {
    const std::string cut = file.moov.substr(0, size);
    EXPECT_FALSE(ParseMovie(AsBytes(cut))) << size;
  }
}

TEST(Movie, TakesAtMost256Tracks) {
  std::vector<FakeMovieTrack> tracks(257, {.samples = OneSample()});
  for (std::uint32_t id = 0; FakeMovieTrack & track : tracks) track.id = ++id;
  const auto refused = ParseMovie(AsBytes(MakeMovieFile({.tracks = tracks}).moov));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("too many tracks"));
  tracks.pop_back();
  EXPECT_TRUE(ParseMovie(AsBytes(MakeMovieFile({.tracks = tracks}).moov)));
}

Result<Edit> EditOf(std::vector<support::FakeEdit> edits, bool version_1 = false) {
  const auto file = MakeMovieFile(
      {.tracks = {{.edits = std::move(edits), .samples = OneSample(), .version_1 = version_1}}});
  return ParseEdit(ParseMovie(AsBytes(file.moov))->tracks[0].elst);
}

TEST(Edit, BeginsLateAndSkipsTheBeginning) {
  EXPECT_EQ(ParseEdit({})->media_time, 0U);
  for (const bool version_1 : {false, true}) {
    const auto edit = EditOf(
        {{.duration = 21, .media_time = -1}, {.duration = 5000, .media_time = 1024}}, version_1);
    ASSERT_TRUE(edit) << edit.error().message();
    EXPECT_EQ(edit->empty, 21U);
    EXPECT_EQ(edit->media_time, 1024U);
    EXPECT_EQ(edit->duration, 5000U);
  }
  EXPECT_EQ(EditOf({{.duration = 5, .media_time = 7}})->empty, 0U);
}

TEST(Edit, IsRefusedWhenItDoesMore) {
  EXPECT_FALSE(EditOf({{.duration = 5, .media_time = -1}}));
  EXPECT_FALSE(EditOf({{.duration = 5, .media_time = 0}, {.duration = 5, .media_time = 9}}));
  EXPECT_FALSE(EditOf({{.media_time = -1}, {.media_time = -1}}));
  EXPECT_FALSE(EditOf({{.media_time = -1}, {.media_time = 0}, {.media_time = 0}}));
  EXPECT_FALSE(EditOf({{.media_time = -2}}));
  EXPECT_FALSE(EditOf({{.media_time = std::numeric_limits<std::int64_t>::max()}}, true));
  const std::string half_speed =
      BigEndian(0, 4) + BigEndian(1, 4) + BigEndian(0, 8) + BigEndian(0x8000, 4);
  EXPECT_FALSE(ParseEdit(AsBytes(half_speed)));
  EXPECT_FALSE(ParseEdit(AsBytes(half_speed).first(15)));
  EXPECT_EQ(ParseEdit(AsBytes(std::string(8, '\0')))->duration, 0U);
}

}  // namespace
}  // namespace tritontube::bmff
