#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "adapters/ffmpeg/tools_fixture_test.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "support/media_folder.h"

// An encode that begins within the file makes what one from its beginning makes from there on.
namespace tritontube::ffmpeg {
namespace {

namespace fs = std::filesystem;
using support::CollectingSink;

// What a player is told of a segment.
struct Shape {
  std::uint64_t start = 0;
  std::uint64_t duration = 0;
  std::uint64_t samples = 0;
  bool begins_with_a_key = false;

  bool operator==(const Shape&) const = default;
};

void PrintTo(const Shape& shape, std::ostream* out) {
  *out << fmt::format("{} samples at {} for {}", shape.samples, shape.start, shape.duration);
}

std::vector<Shape> ShapesOf(const CollectingSink::Output& output) {
  const auto init = bmff::ParseInit(AsBytes(output.init));
  EXPECT_TRUE(init && init->tracks.size() == 1);
  std::vector<Shape> shapes;
  for (const std::string& segment : output.segments) {
    const auto fragment = bmff::ParseFragment(AsBytes(segment), init->tracks.front());
    EXPECT_TRUE(fragment) << fragment.error().message();
    if (!fragment) break;
    shapes.push_back({.start = fragment->base_decode_time,
                      .duration = fragment->duration,
                      .samples = fragment->sample_count,
                      .begins_with_a_key = fragment->starts_with_sync_sample});
  }
  return shapes;
}

struct Recording {
  std::string name;
  std::string file;
  std::string arguments;
};

void PrintTo(const Recording& recording, std::ostream* out) { *out << recording.name; }

class ContinueTest : public ToolsTest {
 protected:
  // The smallest rung, and pictures alone.
  static media::EncodePlan OnlyPictures(media::EncodePlan plan) {
    plan.audio.clear();
    plan.video->rungs.erase(plan.video->rungs.begin(), plan.video->rungs.end() - 1);
    return plan;
  }
  CollectingSink::Output Make(const fs::path& file, const media::EncodePlan& plan) {
    CollectingSink sink(plan.output_count());
    const auto summary = Encode(file, plan, sink);
    EXPECT_TRUE(summary) << summary.error().message();
    return sink.outputs().front();
  }
  // 1 when every picture is the same.
  double Similarity(const CollectingSink::Output& one, const CollectingSink::Output& other) {
    std::ofstream(path("one.mp4"), std::ios::binary) << one.File();
    std::ofstream(path("other.mp4"), std::ios::binary) << other.File();
    const std::string text = Shell(
        "cd " + folder_.path().string() +
        " && ffmpeg -hide_banner -nostdin -i one.mp4 -i other.mp4 -lavfi ssim -f null - 2>&1");
    const std::size_t all = text.rfind("All:");
    return all == std::string::npos ? 0 : std::strtod(text.c_str() + all + 4, nullptr);
  }
  void ExpectThatPartsFit(const fs::path& file) {
    const auto planned = Plan(file);
    ASSERT_TRUE(planned) << planned.error().message();
    media::EncodePlan plan = OnlyPictures(*planned);
    const CollectingSink::Output whole = Make(file, plan);
    const std::vector<Shape> shapes = ShapesOf(whole);
    const std::size_t last = shapes.size() - 1;
    for (const std::size_t first : std::set{std::size_t{1}, shapes.size() / 2, last}) {
      if (first == 0 || first > last) continue;
      plan.video->first_frame = static_cast<std::int64_t>(first) * plan.video->frames_per_segment;
      CollectingSink::Output rest = Make(file, plan);
      EXPECT_EQ(rest.init, whole.init);
      EXPECT_EQ(ShapesOf(rest),
                std::vector(shapes.begin() + static_cast<std::ptrdiff_t>(first), shapes.end()))
          << "from segment " << first;
      const auto join = whole.segments.begin() + static_cast<std::ptrdiff_t>(first);
      rest.segments.insert(rest.segments.begin(), whole.segments.begin(), join);
      EXPECT_GT(Similarity(rest, whole), 0.985) << "from segment " << first;
    }
  }
};

class RecordingTest : public ContinueTest, public ::testing::WithParamInterface<Recording> {};

TEST_P(RecordingTest, IsMadeAlikeFromAnySegmentOn) {
  ExpectThatPartsFit(Clip(GetParam().file, GetParam().arguments));
}

std::string Pictures(std::string_view rate, std::string_view more = "") {
  return fmt::format(
      "-f lavfi -i testsrc2=s=160x90:r={}:d=13 -c:v libx264 -preset ultrafast -g 77 {}", rate,
      more);
}

INSTANTIATE_TEST_SUITE_P(
    Recordings, RecordingTest,
    ::testing::Values(
        Recording{"Rate23976", "a.mp4", Pictures("24000/1001")},
        Recording{"Rate25", "a.mp4", Pictures("25")},
        Recording{"Rate2997", "a.mkv", Pictures("30000/1001")},
        Recording{"Rate50", "a.mp4", Pictures("50")},
        Recording{"Rate5994", "a.mp4", Pictures("60000/1001")},
        Recording{"VariableRate", "a.mp4",
                  Pictures("30",
                           "-vf \"select='not(between(n,100,199))*lt(mod(n,7),5)'\" "
                           "-fps_mode vfr")},
        Recording{"OpenGroups", "a.mp4",
                  Pictures("25", "-bf 3 -x264-params open-gop=1:keyint=60:min-keyint=60")},
        Recording{"RunUpBehindAnEditList", "a.mp4",
                  Pictures("25", "b.mp4 && ffmpeg -v error -nostdin -y -ss 1.3 -i b.mp4 -c copy")},
        Recording{"TransportStream", "a.ts", Pictures("25")},
        Recording{"ProgramStream", "a.mpg",
                  "-f lavfi -i testsrc2=s=160x90:r=25:d=13 -c:v mpeg2video -b:v 2M -g 15 -bf 2"},
        Recording{"Interlaced", "a.mp4",
                  Pictures("50", "-vf scale=160:96,interlace -flags +ildct+ilme")},
        Recording{"Vp9InWebM", "a.webm",
                  "-f lavfi -i testsrc2=s=160x90:r=25:d=13 -c:v libvpx-vp9 -deadline realtime "
                  "-cpu-used 8 -g 90 -b:v 1M"},
        Recording{"Mpeg4InAvi", "a.avi",
                  "-f lavfi -i testsrc2=s=160x90:r=25:d=13 -c:v mpeg4 -q:v 3 -g 60"},
        Recording{"TheoraInOgg", "a.ogv",
                  "-f lavfi -i testsrc2=s=160x90:r=25:d=13 -c:v libtheora -q:v 7 -g 60"},
        Recording{"PicturesLaterThanSound", "a.mkv",
                  "-f lavfi -i sine=d=14 -itsoffset 1 -f lavfi -i testsrc2=s=160x90:r=25:d=13 "
                  "-c:v libx264 -preset ultrafast -c:a aac"}),
    [](const auto& info) { return info.param.name; });

// --- Files of the world, where they are ---

class RealRecordingTest : public ContinueTest,
                          public ::testing::WithParamInterface<std::string_view> {};

TEST_P(RealRecordingTest, IsMadeAlikeFromAnySegmentOn) {
  const fs::path file = support::MediaFolder() / GetParam();
  if (!fs::exists(file)) {
    GTEST_SKIP() << "NOT TESTED: " << file << " is missing; set TRITONTUBE_MEDIA_DIR";
  }
  ExpectThatPartsFit(file);
}

INSTANTIATE_TEST_SUITE_P(
    Files, RealRecordingTest,
    ::testing::Values("08_bbb_480p24_30s_bframes_editlist_aac51.mp4",
                      "09_480p_bframes_editlist_9s.mp4", "13_screenrec_vfr_3026x1386_8s.mp4",
                      "14_vfr_testpattern_h264_444.mp4", "16_road_432p_12.5fps_30s_audio.mp4",
                      "22_h264_aac_srt_ass_subs_10s.mkv", "28_nasa_2video_2audio_2movtext_16s.mp4",
                      "31_flower_fragmented_mp4_5s.mp4", "36_dog_360p25_14s_noaudio.mp4"),
    [](const auto& info) { return "File" + std::string(info.param.substr(0, 2)); });

}  // namespace
}  // namespace tritontube::ffmpeg
