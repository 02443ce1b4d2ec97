#include "domain/packaging/source_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "domain/packaging/packaging_fixture_test.h"
#include "support/fragmented_mp4.h"

namespace tritontube::packaging {
namespace {

using support::MakeMovieFile;
using support::MovieFile;

bmff::Track InitTrack(const SourcePlan::Track& track) {
  const std::string init = SourcePlan::Init(track);
  const auto parsed = bmff::ParseInit(AsBytes(init));
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed->tracks.front();
}

// Every segment says what the rendition says of it, and holds the samples of the
// file one after another.
void ExpectWholeTrack(const SourcePlan::Track& track, const MovieFile& file, std::size_t index,
                      ByteCount data_gap = 0) {
  const bmff::Track init = InitTrack(track);
  std::string data;
  for (std::size_t i = 0; i < track.segments.size(); ++i) {
    const std::string bytes = Gather(*SourcePlan::Segment(track, i + 1), file.bytes, data_gap);
    const auto fragment = bmff::ParseFragment(AsBytes(bytes), init);
    ASSERT_TRUE(fragment) << fragment.error().message();
    const media::Segment& planned = track.rendition.segments[i];
    EXPECT_EQ(fragment->sequence_number, i + 1);
    EXPECT_EQ(fragment->base_decode_time, planned.start);
    EXPECT_EQ(fragment->duration, planned.duration);
    EXPECT_EQ(bytes.size(), planned.size);
    EXPECT_TRUE(fragment->starts_with_sync_sample);
    data += bytes.substr(bytes.find("mdat") + 4);
  }
  std::string expected;
  for (const std::string& sample : file.samples[index]) expected += sample;
  EXPECT_EQ(data, expected);
}

TEST(SourcePlan, ServesEverySampleOfTheFileInSegments) {
  const MovieFile file = MakeMovieFile(UsualMovie());
  const SourcePlan plan = MustPlan(MustOpen(file.bytes));
  ASSERT_EQ(plan.tracks().size(), 2U);
  ExpectWholeTrack(plan.tracks()[0], file, 0);
  ExpectWholeTrack(plan.tracks()[1], file, 1);
}

TEST(SourcePlan, ServesSamplesBeyondFourGibibytes) {
  support::FakeMovie movie = UsualMovie();
  movie.data_gap = ByteCount{5} << 30U;
  for (auto& track : movie.tracks) track.co64 = true;
  const MovieFile file = MakeMovieFile(movie);
  const SourcePlan plan = MustPlan(MustOpen(file.bytes, movie.data_gap));
  ExpectWholeTrack(plan.tracks()[0], file, 0, movie.data_gap);
  ExpectWholeTrack(plan.tracks()[1], file, 1, movie.data_gap);
}

TEST(SourcePlan, ServesTheTracksOfAFragmentedFile) {
  std::string file =
      support::MakeInit({.sample_entry = support::VideoEntry(1280, 720, support::RealAvcConfig())});
  for (std::uint32_t i = 0; i < 5; ++i) {
    file += support::MakeFragment({.sequence_number = i + 1, .base_decode_time = i * 96ULL * 512});
  }
  const SourcePlan plan = MustPlan(MustOpen(file));
  const SourcePlan::Track& track = plan.tracks().front();
  ASSERT_EQ(track.segments.size(), 5U);
  for (std::size_t i = 1; i <= 5; ++i) {
    const std::string bytes = Gather(*SourcePlan::Segment(track, i), file);
    EXPECT_TRUE(bytes.ends_with(std::string(960, 'x')));
    EXPECT_TRUE(bmff::ParseFragment(AsBytes(bytes), InitTrack(track)));
  }
}

TEST(SourcePlan, SaysWhatAManifestHasToSay) {
  const SourcePlan plan = MustPlan(MustOpen(MakeMovieFile(UsualMovie()).bytes));
  const media::Rendition& video = plan.Find("vsrc")->rendition;
  EXPECT_EQ(video.kind, media::Kind::kVideo);
  EXPECT_EQ(video.codecs, "avc1.64001f");
  EXPECT_EQ(video.width, 1280);
  EXPECT_EQ(video.height, 720);
  EXPECT_EQ(video.frame_rate, (media::Rational{24, 1}));
  EXPECT_EQ(video.timescale, 12'288U);
  EXPECT_EQ(video.presentation_offset, 0U);
  EXPECT_NEAR(media::DurationSeconds(video), 20.8, 0.1);
  const media::Rendition& audio = plan.Find("asrc0")->rendition;
  EXPECT_EQ(audio.kind, media::Kind::kAudio);
  EXPECT_EQ(audio.codecs, "mp4a.40.2");
  EXPECT_EQ(audio.channels, 2);
  EXPECT_EQ(audio.sample_rate, 48'000);
  EXPECT_EQ(audio.language, "");
  EXPECT_TRUE(audio.is_default);
  EXPECT_EQ(audio.presentation_offset, 1024U);
  EXPECT_EQ(plan.Find("v720"), nullptr);
}

TEST(SourcePlan, WritesInitialisationSegmentsThatSayTheSame) {
  const SourcePlan plan = MustPlan(MustOpen(MakeMovieFile(UsualMovie()).bytes));
  const bmff::Track video = InitTrack(plan.tracks()[0]);
  EXPECT_EQ(video.codecs, "avc1.64001f");
  EXPECT_EQ(video.timescale, 12'288U);
  EXPECT_EQ(video.edit_media_time, 0U);
  EXPECT_EQ(video.width, 1280);
  const bmff::Track audio = InitTrack(plan.tracks()[1]);
  EXPECT_EQ(audio.edit_media_time, 1024U);
  EXPECT_EQ(audio.channels, 2);
  EXPECT_EQ(audio.sample_rate, 48'000);
}

TEST(SourcePlan, BeginsLaterByAnEmptyEdit) {
  support::FakeMovie movie = UsualMovie();
  movie.tracks[0].edits = {{.duration = 50, .media_time = -1}, {.duration = 0, .media_time = 512}};
  const SourcePlan plan = MustPlan(MustOpen(MakeMovieFile(movie).bytes));
  // 50 ms of 12,288 ticks per second.
  EXPECT_EQ(plan.tracks()[0].rendition.segments.front().start, 614U);
  ExpectWholeTrack(plan.tracks()[0], MakeMovieFile(movie), 0);
}

TEST(SourcePlan, IsTheSameWheneverItIsMade) {
  const std::string file = MakeMovieFile(UsualMovie()).bytes;
  const SourcePlan one = MustPlan(MustOpen(file));
  const SourcePlan other = MustPlan(MustOpen(std::string(file)));
  for (std::size_t t = 0; t < one.tracks().size(); ++t) {
    EXPECT_EQ(one.tracks()[t].rendition, other.tracks()[t].rendition);
    EXPECT_EQ(SourcePlan::Init(one.tracks()[t]), SourcePlan::Init(other.tracks()[t]));
    for (std::size_t i = 1; i <= one.tracks()[t].segments.size(); ++i) {
      const auto a = SourcePlan::Segment(one.tracks()[t], i);
      const auto b = SourcePlan::Segment(other.tracks()[t], i);
      EXPECT_EQ(a->head, b->head);
      EXPECT_EQ(a->ranges, b->ranges);
      EXPECT_EQ(EntityTag("upload", a->head), EntityTag("upload", b->head));
    }
  }
}

TEST(SourcePlan, HasSegmentsFromOneToTheLast) {
  const SourcePlan plan = MustPlan(MustOpen(MakeMovieFile(UsualMovie()).bytes));
  const SourcePlan::Track& track = plan.tracks()[0];
  EXPECT_FALSE(SourcePlan::Segment(track, 0));
  EXPECT_TRUE(SourcePlan::Segment(track, track.segments.size()));
  EXPECT_FALSE(SourcePlan::Segment(track, track.segments.size() + 1));
}

TEST(SourcePlan, ReadsNeighbouringSamplesAtOnce) {
  support::FakeMovie movie = UsualMovie();
  movie.tracks.pop_back();
  const SourcePlan alone = MustPlan(MustOpen(MakeMovieFile(movie).bytes));
  EXPECT_EQ(SourcePlan::Segment(alone.tracks()[0], 1)->ranges.size(), 1U);
}

TEST(SourcePlan, LeavesOutTracksThatAreNotSafe) {
  support::FakeMovie movie = UsualMovie();
  movie.tracks[1].sample_entry = support::AudioEntry(6, 48'000, std::string("\x11\xb0", 2));
  const SourcePlan plan = MustPlan(MustOpen(MakeMovieFile(movie).bytes));
  ASSERT_EQ(plan.tracks().size(), 1U);
  EXPECT_EQ(plan.tracks()[0].rendition.id, "vsrc");
  movie.tracks[0].samples[0].sync = false;
  const auto source = MustOpen(MakeMovieFile(movie).bytes);
  EXPECT_FALSE(SourcePlan::Make(source, DecideCopy(*source)));
}

TEST(SourcePlan, NamesASoundTrackByItsPlaceWhateverElseIsShown) {
  support::FakeMovie movie = UsualMovie();
  movie.tracks.push_back(movie.tracks[1]);
  movie.tracks.back().id = 3;
  const auto source = MustOpen(MakeMovieFile(movie).bytes);
  const auto whole = SourcePlan::Make(source, std::vector<std::uint32_t>{1, 2, 3});
  const auto part = SourcePlan::Make(source, std::vector<std::uint32_t>{1, 3});
  ASSERT_TRUE(whole && part);
  ASSERT_EQ(part->tracks().size(), 2U);
  EXPECT_EQ(part->Find("asrc0"), nullptr);
  EXPECT_TRUE(part->Find("asrc1")->rendition.is_default);
  EXPECT_FALSE(whole->Find("asrc1")->rendition.is_default);
  EXPECT_EQ(SourcePlan::Segment(*part->Find("asrc1"), 1)->ranges,
            SourcePlan::Segment(*whole->Find("asrc1"), 1)->ranges);
  EXPECT_FALSE(SourcePlan::Make(source, std::vector<std::uint32_t>{9}));
}

TEST(GatherList, GivesEverySliceOfItself) {
  const GatherList list{.head = "0123",
                        .ranges = {{.offset = 100, .length = 3}, {.offset = 200, .length = 4}}};
  const auto bytes = [](const GatherList& part) {
    std::vector<std::string> text;
    for (const char c : part.head) text.emplace_back(1, c);
    for (const bmff::ByteRange& range : part.ranges) {
      for (ByteCount i = 0; i < range.length; ++i)
        text.push_back(fmt::format("@{}", range.offset + i));
    }
    return text;
  };
  const auto whole = bytes(list);
  for (std::size_t offset = 0; offset <= list.size(); ++offset) {
    for (std::size_t length = 0; length <= list.size() - offset; ++length) {
      const auto begin = whole.begin() + static_cast<std::ptrdiff_t>(offset);
      EXPECT_EQ(bytes(list.Slice(offset, length)),
                std::vector(begin, begin + static_cast<std::ptrdiff_t>(length)));
    }
  }
}

TEST(EntityTag, DiffersWhenTheSourceOrTheHeadDoes) {
  const std::string tag = EntityTag("upload", "head");
  EXPECT_EQ(tag, EntityTag("upload", "head"));
  EXPECT_NE(tag, EntityTag("upload", "heal"));
  EXPECT_NE(tag, EntityTag("uploae", "head"));
  EXPECT_EQ(tag.front(), '"');
  EXPECT_EQ(tag.back(), '"');
}

}  // namespace
}  // namespace tritontube::packaging
