#include "domain/packaging/progressive_file.h"

#include <gmock/gmock.h>

#include <map>
#include <utility>

#include "core/bmff/movie.h"
#include "core/bmff/sample_table.h"
#include "domain/packaging/packaging_fixture_test.h"
#include "support/fake_presentation.h"
#include "support/fragmented_mp4.h"

namespace tritontube::packaging {
namespace {

using media::Rendition;
using testing::HasSubstr;

// Renditions with the bytes of every file.
struct World {
  std::vector<Rendition> renditions;
  std::map<std::string, std::string> files;

  const std::string& SegmentBytes(std::size_t place, std::size_t number) const {
    return files.at(media::SegmentFileName(renditions[place].id, number));
  }
  // What stands behind the head of a segment.
  std::string Data(std::size_t place, std::size_t number) const {
    const std::string& bytes = SegmentBytes(place, number);
    return bytes.substr(bytes.find("mdat") + 4);
  }
};

World Take(const support::FakePresentation& fake, const std::vector<std::string>& ids) {
  World world{.renditions = {}, .files = fake.files};
  for (const std::string& id : ids) {
    world.renditions.push_back(
        *std::ranges::find(fake.presentation.renditions, id, &Rendition::id));
  }
  return world;
}

World PicturesAndSound() { return Take(support::MakePresentation(), {"v720", "a0"}); }

// The tracks of an original as segments: with B pictures.
World OfOriginal() {
  const std::string file = support::MakeMovieFile(UsualMovie()).bytes;
  const SourcePlan plan = MustPlan(MustOpen(file));
  World world;
  for (const SourcePlan::Track& track : plan.tracks()) {
    const std::string& id = track.rendition.id;
    world.files[media::InitFileName(id)] = SourcePlan::Init(track);
    for (std::size_t number = 1; number <= track.segments.size(); ++number) {
      world.files[media::SegmentFileName(id, number)] =
          Gather(*SourcePlan::Segment(track, number), file);
    }
    world.renditions.push_back(track.rendition);
  }
  return world;
}

Result<ProgressiveFile> Build(const World& world) {
  std::vector<ProgressiveFileBuilder::Input> inputs;
  inputs.reserve(world.renditions.size());
  for (const Rendition& rendition : world.renditions) {
    inputs.push_back(
        {.rendition = &rendition, .init = world.files.at(media::InitFileName(rendition.id))});
  }
  TT_ASSIGN_OR_RETURN(ProgressiveFileBuilder builder, ProgressiveFileBuilder::Make(inputs));
  for (const auto& segment : builder.segments()) {
    const std::string& bytes = world.SegmentBytes(segment.rendition, segment.number);
    TT_ASSIGN_OR_RETURN(const ByteCount head, bmff::HeadSize(AsBytes(bytes), segment.size));
    TT_RETURN_IF_ERROR(builder.Add(AsBytes(bytes.substr(0, head))));
  }
  return std::move(builder).Finish();
}

ProgressiveFile MustBuild(const World& world) {
  auto file = Build(world);
  EXPECT_TRUE(file.has_value()) << file.error().message();
  return *std::move(file);
}

std::string Read(const World& world, const ProgressiveFile& file, ByteCount offset,
                 ByteCount length) {
  std::string bytes;
  for (const auto& piece : file.Pieces({offset, length})) {
    bytes += world.SegmentBytes(piece.rendition, piece.segment)
                 .substr(piece.range.offset, piece.range.length);
  }
  return bytes;
}

std::string Whole(const World& world, const ProgressiveFile& file) {
  const ByteCount header = file.header().size();
  return file.header().Flatten() + Read(world, file, 0, file.size() - header);
}

struct TimedSample {
  std::uint64_t decode_time = 0;
  std::uint32_t duration = 0;
  std::int32_t composition_offset = 0;
  bool is_sync = false;
  std::string data;

  bool operator==(const TimedSample&) const = default;
};

// The samples of a track, as the reader of uploaded files finds them.
std::vector<TimedSample> SamplesOf(const std::string& file, const SourceTrack& track) {
  std::vector<TimedSample> samples;
  for (bmff::SampleCursor cursor(track.samples); !cursor.done(); cursor.Advance()) {
    const bmff::Sample sample = cursor.sample();
    samples.push_back({.decode_time = sample.decode_time,
                       .duration = sample.duration,
                       .composition_offset = sample.composition_offset,
                       .is_sync = sample.is_sync,
                       .data = file.substr(sample.data.offset, sample.data.length)});
  }
  return samples;
}

// The same, out of a rendition's segments.
std::vector<TimedSample> SegmentSamples(const World& world, std::size_t place) {
  std::vector<TimedSample> samples;
  const Rendition& rendition = world.renditions[place];
  const auto init = bmff::ParseInit(AsBytes(world.files.at(media::InitFileName(rendition.id))));
  const std::uint64_t first = rendition.segments.front().start;
  for (std::size_t number = 1; number <= rendition.segments.size(); ++number) {
    const std::string& bytes = world.SegmentBytes(place, number);
    const auto head = bmff::ParseFragmentHead(AsBytes(bytes), bytes.size(), init->tracks.front());
    EXPECT_TRUE(head.has_value()) << head.error().message();
    std::uint64_t time = head->base_decode_time - first;
    ByteCount offset = head->data_offset;
    for (const bmff::RunSample& sample : head->samples) {
      samples.push_back({.decode_time = time,
                         .duration = sample.duration,
                         .composition_offset = static_cast<std::int32_t>(sample.composition_offset),
                         .is_sync = sample.is_sync(),
                         .data = bytes.substr(offset, sample.size)});
      time += sample.duration;
      offset += sample.size;
    }
  }
  return samples;
}

void ExpectTheSegmentsSamples(const World& world) {
  const std::string file = Whole(world, MustBuild(world));
  const auto movie = MustOpen(file);
  ASSERT_EQ(movie->candidates().size(), world.renditions.size());
  for (std::size_t i = 0; i < world.renditions.size(); ++i) {
    const auto& track = movie->candidates()[i].track;
    ASSERT_TRUE(track.has_value()) << track.error().message();
    EXPECT_TRUE(SamplesOf(file, *track) == SegmentSamples(world, i)) << world.renditions[i].id;
  }
}

TEST(ProgressiveFile, HasTheSamplesOfTheSegmentsAsAReaderOfFilesFindsThem) {
  ExpectTheSegmentsSamples(PicturesAndSound());
}

TEST(ProgressiveFile, ShowsPicturesEarlierThanTheyAreDecodedWhereTheSegmentsDo) {
  const World world = OfOriginal();
  ExpectTheSegmentsSamples(world);
  const auto samples = SegmentSamples(world, 0);
  EXPECT_TRUE(
      std::ranges::any_of(samples, [](const auto& one) { return one.composition_offset < 0; }));
}

TEST(ProgressiveFile, IsOfPicturesAloneOrOfSoundAlone) {
  const support::FakePresentation fake = support::MakePresentation();
  ExpectTheSegmentsSamples(Take(fake, {"v360"}));
  ExpectTheSegmentsSamples(Take(fake, {"a0"}));
}

TEST(ProgressiveFile, BeginsWithItsTables) {
  const std::string header = MustBuild(PicturesAndSound()).header().Flatten();
  EXPECT_EQ(header.substr(4, 8), "ftypisom");
  EXPECT_EQ(header.substr(header.size() - 4), "mdat");
}

TEST(ProgressiveFile, HidesOfTheSoundWhatTheSegmentsHide) {
  const World world = PicturesAndSound();
  const std::string file = Whole(world, MustBuild(world));
  const auto movie = MustOpen(file);
  // The coarsest ticks of which those of both tracks are whole numbers.
  EXPECT_EQ(movie->timescale(), 1'536'000U);
  const SourceTrack& sound = *movie->candidates()[1].track;
  EXPECT_EQ(sound.edit.media_time, 1024U);
  EXPECT_EQ(sound.edit.empty, 0U);
  EXPECT_EQ(sound.edit.duration,
            (sound.samples.duration() - 1024) * movie->timescale() / sound.header.timescale);
  EXPECT_TRUE(movie->candidates()[0].track->header.elst.empty());
}

TEST(ProgressiveFile, BeginsATrackLateWhoseSegmentsDo) {
  World world = PicturesAndSound();
  Rendition& sound = world.renditions[1];
  for (std::size_t i = 0; i < sound.segments.size(); ++i) {
    media::Segment& segment = sound.segments[i];
    segment.start += 24'000;
    std::string& bytes = world.files[media::SegmentFileName(sound.id, i + 1)];
    bytes.replace(bytes.find("tfdt") + 8, 8, support::BigEndian(segment.start, 8));
  }
  const std::string file = Whole(world, MustBuild(world));
  const auto movie = MustOpen(file);
  const SourceTrack& track = *movie->candidates()[1].track;
  EXPECT_EQ(track.late, 24'000U);
  EXPECT_EQ(track.edit.media_time, 1024U);
}

TEST(ProgressiveFile, PutsTheSoundBehindThePicturesOfItsTime) {
  const World world = PicturesAndSound();
  const ProgressiveFile file = MustBuild(world);
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (const auto& piece : file.Pieces({0, file.size() - file.header().size()})) {
    order.emplace_back(piece.rendition, piece.segment);
  }
  using Order = std::vector<std::pair<std::size_t, std::size_t>>;
  EXPECT_EQ(order, (Order{{0, 1}, {1, 1}, {0, 2}, {1, 2}, {0, 3}, {1, 3}}));
}

TEST(ProgressiveFile, GivesTheBytesOfTheWholeForAnyPartOfIt) {
  const World world = PicturesAndSound();
  const ProgressiveFile file = MustBuild(world);
  const ByteCount size = file.size() - file.header().size();
  const std::string whole = Read(world, file, 0, size);
  std::vector<ByteCount> edges = {0, 1, size - 1, size};
  ByteCount edge = 0;
  for (const auto& piece : file.Pieces({0, size})) {
    edge += piece.range.length;
    for (const ByteCount near : {edge - 1, edge, edge + 1}) {
      if (near <= size) edges.push_back(near);
    }
  }
  for (const ByteCount begin : edges) {
    for (const ByteCount end : edges) {
      if (begin > end) continue;
      EXPECT_TRUE(Read(world, file, begin, end - begin) == whole.substr(begin, end - begin))
          << begin << " to " << end;
    }
  }
}

TEST(ProgressiveFile, IsTheSameWhoeverMakesIt) {
  EXPECT_EQ(MustBuild(PicturesAndSound()).header().Flatten(),
            MustBuild(PicturesAndSound()).header().Flatten());
}

// A rendition of segments that nobody could store here: only their heads exist.
TEST(ProgressiveFile, CountsIn64BitsWhenItIsLargerThan4GiB) {
  constexpr std::uint32_t kSampleSize = 1'000'000'000;
  Rendition rendition = PicturesAndSound().renditions[0];
  rendition.segments.clear();
  std::vector<std::string> heads;
  for (std::uint64_t i = 0; i < 6; ++i) {
    std::string head =
        support::MakeFragment({.base_decode_time = i * 512, .sample_count = 1, .sample_size = 8});
    head.replace(head.find("tfhd") + 16, 4, support::BigEndian(kSampleSize, 4));
    const std::size_t mdat = head.find("mdat") - 4;
    head.replace(mdat, 4, support::BigEndian(kSampleSize + 8, 4));
    heads.push_back(std::move(head));
    rendition.segments.push_back(
        {.start = i * 512, .duration = 512, .size = mdat + 8 + kSampleSize});
  }
  auto builder = ProgressiveFileBuilder::Make(
      {{.rendition = &rendition, .init = PicturesAndSound().files.at("v720-init.mp4")}});
  ASSERT_TRUE(builder.has_value());
  for (const std::string& head : heads) {
    ASSERT_TRUE(builder->Add(AsBytes(head)).has_value());
  }
  const auto file = std::move(*builder).Finish();
  ASSERT_TRUE(file.has_value());
  const std::string header = file->header().Flatten();
  const ByteCount data = 6ULL * kSampleSize;
  EXPECT_EQ(file->size(), header.size() + data);
  EXPECT_THAT(header, HasSubstr("co64"));
  EXPECT_EQ(header.substr(header.size() - 16),
            support::BigEndian(1, 4) + "mdat" + support::BigEndian(data + 16, 8));
  const auto pieces = file->Pieces({5'999'999'999, 1});
  ASSERT_EQ(pieces.size(), 1U);
  EXPECT_EQ(pieces.front().segment, 6U);
}

TEST(ProgressiveFile, RefusesSegmentsThatAreNotAsThePresentationSays) {
  const auto refusal = [](const std::function<void(World&)>& spoil) {
    World world = PicturesAndSound();
    spoil(world);
    const auto file = Build(world);
    EXPECT_FALSE(file.has_value());
    if (file) return std::string();
    EXPECT_EQ(file.error().code(), ErrorCode::kInvalidArgument);
    return file.error().message();
  };
  const auto replace = [](World& world, std::size_t at_behind, const std::string& box,
                          const std::string& bytes) {
    std::string& segment = world.files["v720-00002.m4s"];
    segment.replace(segment.find(box) + at_behind, bytes.size(), bytes);
  };
  using support::BigEndian;
  EXPECT_THAT(refusal([&](World& world) { replace(world, 8, "tfdt", BigEndian(7, 8)); }),
              HasSubstr("segment 2 of v720"));
  // Another number of samples, another duration, another size of each.
  EXPECT_THAT(refusal([&](World& world) { replace(world, 8, "trun", BigEndian(95, 4)); }),
              HasSubstr("fill"));
  EXPECT_THAT(refusal([&](World& world) { replace(world, 12, "tfhd", BigEndian(513, 4)); }),
              HasSubstr("presentation says"));
  EXPECT_THAT(refusal([&](World& world) { replace(world, 16, "tfhd", BigEndian(1'000, 4)); }),
              HasSubstr("outside"));
  EXPECT_THAT(refusal([&](World& world) { replace(world, 8, "tfhd", BigEndian(2, 4)); }),
              HasSubstr("track 2"));
  EXPECT_THAT(refusal([&](World& world) { replace(world, 16, "trun", BigEndian(0x01010000, 4)); }),
              HasSubstr("presentation says"));
  EXPECT_THAT(refusal([&](World& world) { replace(world, 0, "moof", "free"); }), HasSubstr("moof"));
  EXPECT_THAT(refusal([&](World& world) { ++world.renditions[0].segments[1].size; }),
              HasSubstr("mdat"));
  EXPECT_THAT(refusal([&](World& world) { world.renditions[1].segments[2].start += 1; }),
              HasSubstr("impossible times"));
  EXPECT_THAT(refusal([&](World& world) { world.renditions[0].timescale = 1000; }),
              HasSubstr("another track"));
  EXPECT_THAT(
      refusal([&](World& world) { world.files["a0-init.mp4"] = world.files["v720-init.mp4"]; }),
      HasSubstr("another track"));
  EXPECT_THAT(refusal([&](World& world) { world.files["a0-init.mp4"].resize(100); }),
              HasSubstr("claims"));
  EXPECT_THAT(refusal([&](World& world) { world.renditions[0].segments.clear(); }),
              HasSubstr("0 segments"));
}

}  // namespace
}  // namespace tritontube::packaging
