#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "adapters/ffmpeg/tools_fixture_test.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "domain/packaging/copy_safety.h"
#include "domain/planning/beside_source.h"
#include "packaging/source_file.h"
#include "services/transcode/shown_source.h"
#include "support/shell.h"

// A ladder that the real ffmpeg makes beside a source has its segments where the
// source has its own, with the same pictures.
namespace tritontube::packaging {
namespace {

namespace fs = std::filesystem;
using planning::ShownSource;
using support::Shell;

constexpr int kWidth = 32;
constexpr int kHeight = 18;
constexpr std::size_t kFrameBytes = std::size_t{kWidth} * kHeight;

// All pictures of a file, small and grey.
std::string Frames(const fs::path& file) {
  return Shell(fmt::format(
      "ffmpeg -v error -nostdin -i {} -map 0:v:0 -vf scale={}:{},format=gray -fps_mode passthrough "
      "-f rawvideo -",
      file.string(), kWidth, kHeight));
}

double Difference(const std::string& one, std::size_t frame, const std::string& other,
                  std::size_t other_frame) {
  double sum = 0;
  for (std::size_t i = 0; i < kFrameBytes; ++i) {
    sum += std::abs(static_cast<unsigned char>(one.at(frame * kFrameBytes + i)) -
                    static_cast<unsigned char>(other.at(other_frame * kFrameBytes + i)));
  }
  return sum / kFrameBytes;
}

std::vector<double> StartsOf(const support::CollectingSink::Output& output) {
  const auto init = bmff::ParseInit(AsBytes(output.init)).value();
  std::vector<double> starts;
  for (const std::string& segment : output.segments) {
    const auto fragment = bmff::ParseFragment(AsBytes(segment), init.tracks.front()).value();
    EXPECT_TRUE(fragment.starts_with_sync_sample);
    starts.push_back(static_cast<double>(fragment.base_decode_time) /
                     init.tracks.front().timescale);
  }
  return starts;
}

enum class Rate : std::uint8_t { kConstant, kVariable };

class BesideSourceTest : public ffmpeg::ToolsTest {
 protected:
  void ExpectAligned(const fs::path& file, Rate rate) {
    SCOPED_TRACE(file);
    const SourceFile source(file);
    const auto movie = source.Open();
    ASSERT_TRUE(movie) << movie.error().message();
    std::vector<std::uint32_t> tracks;
    for (const TrackVerdict& track : DecideCopy(**movie).tracks) {
      if (track.is_safe()) tracks.push_back(track.track_id);
    }
    ASSERT_FALSE(tracks.empty());
    const auto read = transcode::ReadSourcePlan(file, tracks);
    ASSERT_TRUE(read) << read.error().message();
    const ShownSource shown = transcode::ShownOf(*read, tracks);
    const auto probed = ffmpeg::Await(tools().Probe(file, media::Container::kMov, ffmpeg::Soon()));
    ASSERT_TRUE(probed) << probed.error().message();
    const planning::BesidePlan plan =
        planning::PlanBesideSource(planning::PlanEncode(*probed).value(), *probed, shown);
    EXPECT_TRUE(plan.sound.audio.empty()) << "the prober tells the ids of tracks";
    ASSERT_FALSE(plan.ladder.video->rungs.empty());

    support::CollectingSink sink(plan.ladder.output_count());
    const auto made = Encode(file, plan.ladder, sink);
    ASSERT_TRUE(made) << made.error().message();
    const double frame = 1 / plan.ladder.video->frame_rate.AsDouble();
    for (const auto& output : sink.outputs()) {
      const std::vector<double> starts = StartsOf(output);
      ASSERT_EQ(starts.size(), shown.pictures->segment_starts.size());
      for (std::size_t i = 0; i < starts.size(); ++i) {
        EXPECT_NEAR(starts[i], shown.pictures->segment_starts[i], frame / 2 + 1e-9) << i;
      }
    }
    if (rate == Rate::kConstant) ExpectSamePictures(file, *plan.ladder.video, sink);
  }

  // At every cut the rung shows the source's picture, not the one beside it.
  void ExpectSamePictures(const fs::path& file, const media::VideoPlan& plan,
                          const support::CollectingSink& sink) {
    const fs::path rung = path("rung.mp4");
    std::ofstream(rung, std::ios::binary) << sink.outputs().front().File();
    const std::string ours = Frames(rung);
    const std::string theirs = Frames(file);
    for (const std::int64_t cut : plan.cuts) {
      const auto at = static_cast<std::size_t>(cut);
      const double same = Difference(ours, at, theirs, at);
      EXPECT_LT(same, Difference(ours, at, theirs, at - 1)) << cut;
      EXPECT_LT(same, Difference(ours, at, theirs, at + 1)) << cut;
    }
  }

  fs::path Made(std::string_view name, std::string_view rate, std::string_view more) {
    return Clip(name, fmt::format("-f lavfi -i testsrc2=s=640x360:r={}:d=21 -f lavfi -i "
                                  "sine=d=21:r=48000 -c:v libx264 -preset ultrafast -pix_fmt "
                                  "yuv420p -c:a aac {}",
                                  rate, more));
  }
};

TEST_F(BesideSourceTest, IsCutAlikeWhateverTheGroupsOfPictures) {
  ExpectAligned(Made("two.mp4", "24", "-g 48 -bf 0"), Rate::kConstant);
  ExpectAligned(Made("odd.mp4", "25", "-g 37 -keyint_min 37 -sc_threshold 0 -bf 2"),
                Rate::kConstant);
  ExpectAligned(Made("long.mp4", "30", "-g 211 -keyint_min 211 -sc_threshold 0 -bf 2"),
                Rate::kConstant);
}

TEST_F(BesideSourceTest, IsCutAlikeWithBPicturesAndAnEditList) {
  ExpectAligned(Made("b.mp4", "24", "-g 60 -bf 3 -b_strategy 0 -x264-params open-gop=0"),
                Rate::kConstant);
}

TEST_F(BesideSourceTest, IsCutAlikeAtRatesThatAreNoWholeNumbers) {
  ExpectAligned(Made("film.mp4", "24000/1001", "-g 50 -bf 2"), Rate::kConstant);
  ExpectAligned(Made("ntsc.mp4", "30000/1001", "-g 77 -bf 2"), Rate::kConstant);
  ExpectAligned(Made("fast.mp4", "60000/1001", "-g 130 -bf 2"), Rate::kConstant);
}

TEST_F(BesideSourceTest, IsCutAlikeWhereTheSourceHasNoConstantRate) {
  ExpectAligned(
      Made("vfr.mp4", "30", "-vf select='not(mod(n\\,3))+gt(t\\,9)' -fps_mode vfr -g 40 -bf 2"),
      Rate::kVariable);
}

// ffmpeg 5.1 shows these a picture later than their boxes say.
TEST_F(BesideSourceTest, IsCutAlikeInFragmentsWithNegativeOffsets) {
  ExpectAligned(Made("negative.mp4", "24",
                     "-g 48 -bf 2 -b_strategy 0 -movflags "
                     "+frag_keyframe+delay_moov+negative_cts_offsets"),
                Rate::kConstant);
}

TEST_F(BesideSourceTest, SoundIsWholeOrItIsNot) {
  const fs::path file = Made("sound.mp4", "24", "-g 48");
  const auto check = [&](const fs::path& checked) {
    return ffmpeg::Await(tools().CheckSound(
        {.path = checked, .container = media::Container::kMov, .duration_seconds = 21}, {1},
        ffmpeg::Soon()));
  };
  EXPECT_EQ(check(file), true);

  // Sound of one channel goes on in two: the boxes say nothing of it.
  const fs::path spliced =
      Clip("spliced.mp4",
           "-f lavfi -i testsrc2=s=64x64:r=24:d=4 -c:v libx264 -f mp4 pictures.mp4 && "
           "ffmpeg -v error -y -f lavfi -i sine=d=2:r=48000 -c:a aac -ac 1 -f adts one.aac && "
           "ffmpeg -v error -y -f lavfi -i sine=d=2:r=44100 -c:a aac -ac 2 -f adts two.aac && "
           "cat one.aac two.aac > both.aac && "
           "ffmpeg -v error -y -i pictures.mp4 -f aac -i both.aac -map 0 -map 1 -c copy");
  EXPECT_EQ(check(spliced), false);
}

}  // namespace
}  // namespace tritontube::packaging
