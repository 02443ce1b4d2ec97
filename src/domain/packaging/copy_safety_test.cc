#include "domain/packaging/copy_safety.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "domain/packaging/packaging_fixture_test.h"
#include "support/fragmented_mp4.h"

namespace tritontube::packaging {
namespace {

using support::AudioEntry;
using support::BigEndian;
using support::FakeMovie;
using support::FakeSample;
using support::MakeBox;
using support::MakeMovieFile;
using support::RealAvcConfig;
using support::VideoEntry;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Codes(const CopyReport& report) {
  std::vector<std::string> codes;
  for (const CopyReason& reason : report.AllReasons()) {
    EXPECT_FALSE(reason.message.empty());
    codes.push_back(reason.code);
  }
  return codes;
}

std::vector<std::string> CodesOf(const FakeMovie& movie, const CopyPolicy& policy = {}) {
  return Codes(DecideCopy(*MustOpen(MakeMovieFile(movie).bytes), policy));
}

// What is said about the usual movie after a change of its first track.
std::vector<std::string> AfterVideo(const std::function<void(support::FakeMovieTrack&)>& change) {
  FakeMovie movie = UsualMovie();
  change(movie.tracks[0]);
  return CodesOf(movie);
}
std::vector<std::string> AfterAudio(const std::function<void(support::FakeMovieTrack&)>& change) {
  FakeMovie movie = UsualMovie();
  change(movie.tracks[1]);
  return CodesOf(movie);
}
std::vector<std::string> WithVideoEntry(const std::string& entry) {
  return AfterVideo([&](support::FakeMovieTrack& track) { track.sample_entry = entry; });
}

// The encoder's configuration with one byte changed; the sequence set begins at 8.
std::string ChangedConfig(std::initializer_list<std::pair<std::size_t, int>> changes) {
  std::string avcc = RealAvcConfig();
  for (const auto& [at, value] : changes) avcc[at] = static_cast<char>(value);
  return avcc;
}

std::string Matrix(std::initializer_list<std::uint32_t> numbers) {
  std::string matrix;
  for (const std::uint32_t number : numbers) matrix += BigEndian(number, 4);
  return matrix;
}

TEST(CopySafety, HasNothingAgainstTheUsualMovie) {
  const CopyReport report = DecideCopy(*MustOpen(MakeMovieFile(UsualMovie()).bytes));
  EXPECT_THAT(Codes(report), IsEmpty());
  EXPECT_TRUE(report.is_safe());
  EXPECT_TRUE(report.is_safe(1));
  EXPECT_TRUE(report.is_safe(2));
  EXPECT_FALSE(report.is_safe(3));
}

TEST(CopySafety, HasNothingAgainstVariableFrameRatesOrSoundAlone) {
  EXPECT_THAT(AfterVideo([](auto& track) {
                for (std::size_t i = 0; i < track.samples.size(); ++i) {
                  track.samples[i].duration = i % 2 == 0 ? 400 : 700;
                  track.samples[i].composition_offset = 512;
                }
              }),
              IsEmpty());
  FakeMovie movie = UsualMovie();
  movie.tracks.erase(movie.tracks.begin());
  EXPECT_THAT(CodesOf(movie), IsEmpty());
}

TEST(CopySafety, RefusesOtherCodecsProfilesAndLevels) {
  std::string entry = VideoEntry(1280, 720, RealAvcConfig());
  EXPECT_THAT(WithVideoEntry(entry.replace(4, 4, "hvc1")), ElementsAre("codec"));
  EXPECT_THAT(WithVideoEntry(entry.replace(4, 4, "encv")), ElementsAre("encrypted"));
  // High 10 of the same bits otherwise; and both level 5.2.
  EXPECT_THAT(WithVideoEntry(VideoEntry(1280, 720, ChangedConfig({{1, 110}, {9, 110}}))),
              ElementsAre("profile"));
  EXPECT_THAT(WithVideoEntry(VideoEntry(1280, 720, ChangedConfig({{3, 52}, {11, 52}}))),
              ElementsAre("level"));
  EXPECT_THAT(WithVideoEntry(VideoEntry(1280, 720, ChangedConfig({{3, 52}}))),
              ElementsAre("configuration"));
}

TEST(CopySafety, RefusesConfigurationsThatAreMissingBrokenOrSeveral) {
  EXPECT_THAT(WithVideoEntry(MakeBox("avc1", "short")), ElementsAre("unreadable"));
  EXPECT_THAT(WithVideoEntry(VideoEntry(0, 720, RealAvcConfig())), ElementsAre("configuration"));
  EXPECT_THAT(WithVideoEntry(VideoEntry(1280, 720, "none")), ElementsAre("configuration"));
  EXPECT_THAT(WithVideoEntry(VideoEntry(1280, 720, ChangedConfig({{5, 0xe0}}))),
              ElementsAre("configuration"));
  EXPECT_THAT(WithVideoEntry(VideoEntry(1280, 720, ChangedConfig({{8, 0x68}}))),
              ElementsAre("configuration"));
  EXPECT_THAT(WithVideoEntry(VideoEntry(1280, 704, RealAvcConfig())), ElementsAre("configuration"));
  const std::string twice = MakeBox("pasp", BigEndian(1, 4) + BigEndian(1, 4));
  EXPECT_THAT(WithVideoEntry(VideoEntry(1280, 720, RealAvcConfig(), twice + twice)),
              ElementsAre("configuration"));
}

TEST(CopySafety, RefusesPicturesThatAreNotShownAsTheyAre) {
  const std::uint32_t one = 0x10000;
  const auto minus = static_cast<std::uint32_t>(-0x10000);
  const std::uint32_t unit = 0x40000000;
  const auto with_matrix = [&](const std::string& matrix) {
    return AfterVideo([&](auto& track) { track.matrix = matrix; });
  };
  EXPECT_THAT(with_matrix(Matrix({0, one, 0, minus, 0, 0, 0, 0, unit})), ElementsAre("rotation"));
  EXPECT_THAT(with_matrix(Matrix({minus, 0, 0, 0, one, 0, 0, 0, unit})), ElementsAre("rotation"));
  EXPECT_THAT(with_matrix(Matrix({one, 0, 0, 0, one, 0, 77, 88, unit})), IsEmpty());
  const auto with_box = [&](const std::string& box) {
    return WithVideoEntry(VideoEntry(1280, 720, RealAvcConfig(), box));
  };
  EXPECT_THAT(with_box(MakeBox("pasp", BigEndian(4, 4) + BigEndian(3, 4))),
              ElementsAre("pixel_aspect"));
  EXPECT_THAT(with_box(MakeBox("pasp", BigEndian(3, 4) + BigEndian(3, 4))), IsEmpty());
  EXPECT_THAT(with_box(MakeBox("pasp", BigEndian(1280, 4) + BigEndian(1281, 4))), IsEmpty());
  EXPECT_THAT(with_box(MakeBox("pasp", BigEndian(1001, 4) + BigEndian(1000, 4))),
              ElementsAre("pixel_aspect"));
  const auto colr = [](std::string_view type, int transfer, int range) {
    return MakeBox("colr", std::string(type) + BigEndian(9, 2) +
                               BigEndian(static_cast<std::uint64_t>(transfer), 2) +
                               BigEndian(9, 2) + BigEndian(static_cast<std::uint64_t>(range), 1));
  };
  EXPECT_THAT(with_box(colr("nclx", 1, 0)), IsEmpty());
  EXPECT_THAT(with_box(colr("nclx", 16, 0)), ElementsAre("hdr"));
  EXPECT_THAT(with_box(colr("nclc", 18, 0)), ElementsAre("hdr"));
  EXPECT_THAT(with_box(colr("nclx", 1, 0x80)), ElementsAre("pixel_format"));
  EXPECT_THAT(with_box(colr("prof", 16, 0x80)), IsEmpty());
}

TEST(CopySafety, RefusesWhatIsTooLargeFastOrDense) {
  const FakeMovie movie = UsualMovie();
  EXPECT_THAT(CodesOf(movie, {.long_side_max = 1279}), ElementsAre("size"));
  EXPECT_THAT(CodesOf(movie, {.short_side_max = 719}), ElementsAre("size"));
  EXPECT_THAT(CodesOf(movie, {.frame_rate_max = 23}), ElementsAre("frame_rate"));
  EXPECT_THAT(CodesOf(movie, {.bits_per_second_max = 10'000}), ElementsAre("bit_rate"));
}

TEST(CopySafety, RefusesTimesThatPlayersStumbleOver) {
  EXPECT_THAT(AfterVideo([](auto& track) { track.samples[0].sync = false; }),
              ElementsAre("first_sample"));
  // Eleven seconds without a key frame.
  EXPECT_THAT(AfterVideo([](auto& track) {
                for (std::size_t i = 25; i < 275; ++i) track.samples[i].sync = false;
              }),
              ElementsAre("keyframe_gap"));
  // The last group counts, too.
  EXPECT_THAT(AfterVideo([](auto& track) {
                for (std::size_t i = 225; i < track.samples.size(); ++i) {
                  track.samples[i].sync = false;
                }
              }),
              ElementsAre("keyframe_gap"));
  // The picture behind a key frame is shown before it.
  EXPECT_THAT(AfterVideo([](auto& track) {
                track.samples[25].composition_offset = 3 * 512;
                track.samples[26].composition_offset = 0;
              }),
              ElementsAre("open_gop"));
  EXPECT_THAT(AfterVideo([](auto& track) { track.samples[40].duration = 0; }),
              ElementsAre("timing"));
  EXPECT_THAT(AfterVideo([](auto& track) { track.samples[40].size = 0; }), ElementsAre("timing"));
}

TEST(CopySafety, RefusesEditListsThatHideOrDelay) {
  const auto with_edits = [](std::vector<support::FakeEdit> edits) {
    return AfterVideo([&](auto& track) { track.edits = std::move(edits); });
  };
  EXPECT_THAT(with_edits({{.duration = 20'833, .media_time = 512}}), IsEmpty());
  EXPECT_THAT(with_edits({{.duration = 0, .media_time = 1024}}), ElementsAre("edit_list"));
  EXPECT_THAT(with_edits({{.duration = 20'000, .media_time = 512}}), ElementsAre("edit_list"));
  EXPECT_THAT(with_edits({{.duration = 90, .media_time = -1}, {.duration = 0, .media_time = 512}}),
              IsEmpty());
  EXPECT_THAT(with_edits({{.duration = 2000, .media_time = -1}, {.media_time = 512}}),
              ElementsAre("late_start"));
  EXPECT_THAT(with_edits({{.duration = 5, .media_time = 0}, {.duration = 5, .media_time = 512}}),
              ElementsAre("unreadable"));
  EXPECT_THAT(AfterAudio([](auto& track) { track.edits[0].media_time = 12'000; }),
              ElementsAre("edit_list"));
  EXPECT_THAT(AfterAudio([](auto& track) { track.edits[0].duration = 19'000; }),
              ElementsAre("edit_list"));
}

TEST(CopySafety, RefusesSoundThatIsNotStereoAac) {
  const auto with_entry = [](const std::string& entry) {
    return AfterAudio([&](auto& track) { track.sample_entry = entry; });
  };
  const auto aac = [](std::string_view specific) {
    return AudioEntry(2, 48'000, std::string(specific));
  };
  EXPECT_THAT(with_entry(aac({"\x11\x88", 2})), IsEmpty());                      // Mono.
  EXPECT_THAT(with_entry(aac({"\x11\xb0", 2})), ElementsAre("audio_channels"));  // 5.1.
  EXPECT_THAT(with_entry(aac({"\x11\x80", 2})), ElementsAre("audio_channels"));  // Says no.
  EXPECT_THAT(with_entry(aac({"\x09\x90", 2})), ElementsAre("audio_profile"));   // Main.
  EXPECT_THAT(with_entry(aac({"\x11\x90\x56\xe5\x80", 5})), ElementsAre("audio_profile"));
  EXPECT_THAT(with_entry(aac({"\x12\x10", 2})), ElementsAre("configuration"));  // 44.1 kHz.
  EXPECT_THAT(with_entry(aac({"\x17\x90", 2})), ElementsAre("configuration"));
  EXPECT_THAT(with_entry(aac({"\x11", 1})), ElementsAre("configuration"));
  std::string entry = aac({"\x11\x90", 2});
  const std::string mp3 = std::string(entry).replace(entry.find('\x40'), 1, "k");
  EXPECT_THAT(with_entry(mp3), ElementsAre("audio_codec"));
  EXPECT_THAT(with_entry(entry.replace(4, 4, "ac-3")), ElementsAre("audio_codec"));
  EXPECT_THAT(with_entry(entry.replace(4, 4, "enca")), ElementsAre("encrypted"));
  EXPECT_THAT(with_entry(MakeBox("mp4a", "")), ElementsAre("unreadable"));
}

TEST(CopySafety, KeepsTheVerdictsOfTracksApart) {
  FakeMovie movie = UsualMovie();
  movie.tracks[1].sample_entry = AudioEntry(6, 48'000, std::string("\x11\xb0", 2));
  const CopyReport report = DecideCopy(*MustOpen(MakeMovieFile(movie).bytes));
  EXPECT_FALSE(report.is_safe());
  EXPECT_TRUE(report.is_safe(1));
  EXPECT_FALSE(report.is_safe(2));
}

TEST(CopySafety, RefusesFilesWithSeveralVideosOrNone) {
  FakeMovie movie = UsualMovie();
  movie.tracks[1] = movie.tracks[0];
  movie.tracks[1].id = 2;
  const CopyReport report = DecideCopy(*MustOpen(MakeMovieFile(movie).bytes));
  EXPECT_THAT(Codes(report), ElementsAre("several_videos"));
  EXPECT_FALSE(report.is_safe(1));
  movie.tracks = {{.handler = "text", .samples = std::vector<FakeSample>(3)}};
  EXPECT_THAT(CodesOf(movie), ElementsAre("no_tracks"));
}

TEST(CopySafety, RefusesSamplesOfOtherFilesAndOnesThatAreCutOff) {
  std::string elsewhere = MakeMovieFile(UsualMovie()).bytes;
  elsewhere.replace(elsewhere.find("url ") + 7, 1, std::string(1, '\0'));
  EXPECT_THAT(Codes(DecideCopy(*MustOpen(elsewhere))), ElementsAre("unreadable"));
  FakeMovie movie = UsualMovie();
  movie.moov_first = true;
  movie.data_gap = 1'000'000;
  EXPECT_THAT(CodesOf(movie), ElementsAre("unreadable", "unreadable"));
}

TEST(CopySafety, SaysWhyAFileIsNotRead) {
  const CopyReport report = RefuseFile(Error(ErrorCode::kInvalidArgument, "no 'moov' box"));
  EXPECT_FALSE(report.is_safe());
  EXPECT_THAT(report.AllReasons(),
              ElementsAre(CopyReason{.code = "unreadable", .message = "no 'moov' box"}));
}

}  // namespace
}  // namespace tritontube::packaging
