#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdlib>

#include "adapters/ffmpeg/tools_fixture_test.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "foundation/async/sleep.h"
#include "support/media_folder.h"

namespace tritontube::ffmpeg {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using support::CollectingSink;

// What an AAC encoder puts before the sound, and the edit list hides.
constexpr double kRunUpSeconds = 1024.0 / 48'000;

// What a player finds in one output.
struct Rendition {
  bmff::Track track;
  std::vector<std::uint64_t> segment_samples;
  std::uint64_t sample_count = 0;
  // Of the first sample, after the edit list: the encoder's run-up before zero.
  double start_seconds = 0;
  double duration_seconds = 0;
};

// Fails the test for anything a player would stumble over.
Rendition Check(const CollectingSink::Output& output) {
  Rendition rendition;
  const auto init = bmff::ParseInit(AsBytes(output.init));
  EXPECT_TRUE(init) << init.error().message();
  if (!init || init->tracks.size() != 1) return rendition;
  rendition.track = init->tracks.front();
  std::optional<std::uint64_t> expected_time;
  for (const std::string& segment : output.segments) {
    const auto fragment = bmff::ParseFragment(AsBytes(segment), rendition.track);
    EXPECT_TRUE(fragment) << fragment.error().message();
    if (!fragment) return rendition;
    EXPECT_TRUE(fragment->starts_with_sync_sample);
    if (expected_time) {
      EXPECT_EQ(fragment->base_decode_time, *expected_time);
    } else {
      const auto shown = fragment->earliest_presentation_time -
                         static_cast<std::int64_t>(rendition.track.edit_media_time);
      rendition.start_seconds = static_cast<double>(shown) / rendition.track.timescale;
    }
    expected_time = fragment->base_decode_time + fragment->duration;
    rendition.segment_samples.push_back(fragment->sample_count);
    rendition.sample_count += fragment->sample_count;
    rendition.duration_seconds +=
        static_cast<double>(fragment->duration) / rendition.track.timescale;
  }
  return rendition;
}

class EncodeTest : public ToolsTest {
 protected:
  void Save(const CollectingSink::Output& output, const fs::path& file) {
    std::ofstream(file, std::ios::binary) << output.File();
  }
  // Of the pictures that really decode.
  int DecodedFrames(const CollectingSink::Output& output) {
    const fs::path file = path("output.mp4");
    Save(output, file);
    return std::atoi(Shell("ffprobe -v error -count_frames -select_streams v:0 -show_entries "
                           "stream=nb_read_frames -of csv=p=0 " +
                           file.string())
                         .c_str());
  }
};

TEST_F(EncodeTest, CutsEveryRungAtTheSameFramesAndLosesNone) {
  const fs::path file = Clip("a.mp4",
                             "-f lavfi -i testsrc2=s=320x180:r=24:d=24 -f lavfi -i sine=d=24 "
                             "-c:v libx264 -preset ultrafast -g 48 -c:a aac");
  auto plan = Plan(file);
  ASSERT_TRUE(plan) << plan.error().message();
  media::VideoRung small = plan->video->rungs.front();
  plan->video->rungs.resize(1);
  for (const auto& [id, width, height] :
       {std::tuple{"v120", 214, 120}, std::tuple{"v90", 160, 90}, std::tuple{"v46", 82, 46}}) {
    small.id = id;
    small.width = width;
    small.height = height;
    plan->video->rungs.push_back(small);
  }
  CollectingSink sink(plan->output_count());
  const auto summary = Encode(file, *plan, sink);
  ASSERT_TRUE(summary) << summary.error().message();
  EXPECT_TRUE(sink.faults().empty()) << sink.faults().front();
  EXPECT_EQ(sink.progress(), 1);
  EXPECT_GT(summary->cpu_seconds, 0.1);
  EXPECT_GT(summary->memory_bytes_max, 10U << 20U);
  for (std::size_t i = 0; i < plan->video->rungs.size(); ++i) {
    const Rendition rung = Check(sink.outputs()[i]);
    EXPECT_EQ(rung.segment_samples, (std::vector<std::uint64_t>{96, 96, 96, 96, 96, 96}));
    EXPECT_EQ(rung.duration_seconds, 24);
    EXPECT_EQ(rung.start_seconds, 0);
    EXPECT_EQ(rung.track.timescale, plan->video->timescale);
    EXPECT_EQ(rung.track.width, plan->video->rungs[i].width);
    EXPECT_EQ(rung.track.height, plan->video->rungs[i].height);
    EXPECT_EQ(DecodedFrames(sink.outputs()[i]), 576);
  }
  const Rendition sound = Check(sink.outputs().back());
  EXPECT_EQ(sound.track.edit_media_time, 1024U);
  EXPECT_EQ(sound.track.sample_rate, 48'000);
  EXPECT_EQ(sound.start_seconds, -kRunUpSeconds);
  EXPECT_NEAR(sound.duration_seconds, 24 + kRunUpSeconds, 0.03);
  EXPECT_EQ(sound.segment_samples.front(), 188U);
}

struct Expectation {
  std::string name;
  std::string file;
  std::string arguments;
  // One more than the source has where its sound's run-up makes the picture
  // late: the first one is shown from zero.
  std::uint64_t frames = 0;
  int width = 0;
  int height = 0;
  std::vector<double> sound_seconds = {};
};

void PrintTo(const Expectation& expectation, std::ostream* out) { *out << expectation.name; }

constexpr std::string_view kH264 = " -c:v libx264 -preset ultrafast ";

class UnusualSource : public EncodeTest, public ::testing::WithParamInterface<Expectation> {};

TEST_P(UnusualSource, BecomesRegularSegments) {
  const Expectation& expected = GetParam();
  const fs::path file = Clip(expected.file, expected.arguments);
  const auto plan = Plan(file);
  ASSERT_TRUE(plan) << plan.error().message();
  CollectingSink sink(plan->output_count());
  const auto summary = Encode(file, *plan, sink);
  ASSERT_TRUE(summary) << summary.error().message();
  EXPECT_TRUE(sink.faults().empty());
  const std::size_t rung_count = plan->video ? plan->video->rungs.size() : 0;
  EXPECT_EQ(rung_count > 0, expected.frames > 0);
  for (std::size_t i = 0; i < rung_count; ++i) {
    const Rendition rung = Check(sink.outputs()[i]);
    EXPECT_EQ(rung.sample_count, expected.frames);
    EXPECT_EQ(rung.start_seconds, 0);
    EXPECT_EQ(DecodedFrames(sink.outputs()[i]), static_cast<int>(expected.frames));
  }
  if (rung_count > 0) {
    EXPECT_EQ(plan->video->rungs.front().width, expected.width);
    EXPECT_EQ(plan->video->rungs.front().height, expected.height);
  }
  ASSERT_EQ(plan->audio.size(), expected.sound_seconds.size());
  for (std::size_t i = 0; i < plan->audio.size(); ++i) {
    const Rendition sound = Check(sink.outputs()[rung_count + i]);
    EXPECT_NEAR(sound.start_seconds, -kRunUpSeconds, 0.0001);
    EXPECT_NEAR(sound.duration_seconds, expected.sound_seconds[i] + kRunUpSeconds, 0.06);
  }
}

std::string Video(std::string_view source) {
  return fmt::format("-f lavfi -i testsrc2={}{}", source, kH264);
}
std::string VideoAndSound(std::string_view source, double sound_seconds) {
  return fmt::format("-f lavfi -i testsrc2={} -f lavfi -i sine=d={}{} -c:a aac", source,
                     sound_seconds, kH264);
}

INSTANTIATE_TEST_SUITE_P(
    Sources, UnusualSource,
    ::testing::Values(
        Expectation{"OddSizeIn444", "a.mp4", Video("s=641x359:r=30:d=1") + "-pix_fmt yuv444p", 30,
                    640, 358},
        Expectation{"Rotated", "a.mp4",
                    Video("s=320x180:r=30:d=1") + "x.mp4 && ffmpeg -v error -i x.mp4 -c copy "
                                                  "-metadata:s:v rotate=90",
                    30, 180, 320},
        Expectation{"Interlaced", "a.mp4",
                    Video("s=320x180:r=50:d=1") + "-vf interlace -flags +ildct+ilme", 25, 320, 180},
        Expectation{
            "VariableRate", "a.mp4",
            Video("s=320x180:r=30:d=3") + "-vf \"select='lt(n,45)+not(mod(n,4))'\" -fps_mode vfr",
            89, 320, 180},
        Expectation{"HighDynamicRange", "a.mp4",
                    Video("s=320x180:r=25:d=1") +
                        "-pix_fmt yuv420p10le -color_trc smpte2084 -color_primaries bt2020 "
                        "-colorspace bt2020nc",
                    25, 320, 180},
        Expectation{"Rate2997", "a.mp4", Video("s=320x180:r=30000/1001:d=6"), 180, 320, 180},
        Expectation{"Rate23976InMatroska", "a.mkv", Video("s=320x180:r=24000/1001:d=3"), 72, 320,
                    180},
        Expectation{"TransportStreamThatStartsLate",
                    "a.ts",
                    VideoAndSound("s=320x180:r=30:d=6", 6),
                    181,
                    320,
                    180,
                    {6}},
        Expectation{"ProgramStream",
                    "a.mpg",
                    "-f lavfi -i testsrc2=s=320x180:r=25:d=3 -f lavfi -i sine=d=3 -c:v mpeg2video "
                    "-c:a mp2",
                    75,
                    320,
                    180,
                    {3}},
        Expectation{"SoundOnly", "a.m4a", "-f lavfi -i sine=d=5 -c:a aac", 0, 0, 0, {5}},
        Expectation{"SoundOnlyMp3", "a.mp3", "-f lavfi -i sine=d=5", 0, 0, 0, {5}},
        Expectation{"OneFrame", "a.mp4", Video("s=320x180:r=25") + "-frames:v 1", 1, 320, 180},
        Expectation{"HalfASecond",
                    "a.mp4",
                    VideoAndSound("s=320x180:r=30:d=0.5", 0.5),
                    15,
                    320,
                    180,
                    {0.5}},
        Expectation{"SoundLongerThanVideo",
                    "a.mp4",
                    VideoAndSound("s=320x180:r=30:d=2", 8),
                    60,
                    320,
                    180,
                    {8}},
        Expectation{"VideoLaterThanSound",
                    "a.mkv",
                    "-f lavfi -i sine=d=3 -itsoffset 1 -f lavfi -i testsrc2=s=320x180:r=25:d=2 "
                    "-c:v libx264 -preset ultrafast -c:a aac",
                    76,
                    320,
                    180,
                    {3}},
        Expectation{"SoundLaterThanVideo",
                    "a.mkv",
                    "-itsoffset 1 -f lavfi -i sine=d=2 -itsoffset 0 -f lavfi -i "
                    "testsrc2=s=320x180:r=25:d=3 -c:v libx264 -preset ultrafast -c:a aac",
                    75,
                    320,
                    180,
                    {3}},
        Expectation{"Anamorphic", "a.mp4", Video("s=180x144:r=25:d=1") + "-vf setsar=64/45", 25,
                    256, 144},
        Expectation{"Vp9AndOpus",
                    "a.webm",
                    "-f lavfi -i testsrc2=s=320x180:r=25:d=1 -f lavfi -i sine=d=1 -c:v libvpx-vp9 "
                    "-deadline realtime -cpu-used 8 -c:a libopus",
                    25,
                    320,
                    180,
                    {1}},
        Expectation{"TwoLanguages",
                    "a.mkv",
                    "-f lavfi -i testsrc2=s=320x180:r=25:d=1 -f lavfi -i sine=d=1 -f lavfi -i "
                    "sine=f=900:d=1 -map 0 -map 1 -map 2 -metadata:s:a:0 language=eng "
                    "-metadata:s:a:1 language=fra -c:v libx264 -preset ultrafast -c:a aac -ac 6",
                    26,
                    320,
                    180,
                    {1, 1}}),
    [](const auto& info) { return info.param.name; });

TEST_F(EncodeTest, MapsHighDynamicRangeToWhatEveryScreenShows) {
  const fs::path file = Clip("a.mp4", Video("s=320x180:r=25:d=0.2") +
                                          "-pix_fmt yuv420p10le -color_trc arib-std-b67 "
                                          "-color_primaries bt2020 -colorspace bt2020nc");
  const auto plan = Plan(file);
  ASSERT_TRUE(plan && plan->video->tone_map);
  CollectingSink sink(plan->output_count());
  ASSERT_TRUE(Encode(file, *plan, sink));
  Save(sink.outputs().front(), path("o.mp4"));
  EXPECT_EQ(Shell("ffprobe -v error -show_entries stream=pix_fmt,color_transfer,color_primaries "
                  "-of csv=p=0 " +
                  path("o.mp4").string()),
            "yuv420p,bt709,bt709\n");
}

// When a file's first loud sample is heard.
double ToneStart(const fs::path& file) {
  const std::string samples =
      Shell("ffmpeg -v error -i " + file.string() + " -ac 1 -ar 8000 -f u8 - | head -c 60000");
  for (std::size_t i = 0; i < samples.size(); ++i) {
    if (std::abs(static_cast<unsigned char>(samples[i]) - 128) > 20) {
      return static_cast<double>(i) / 8000 - kRunUpSeconds;
    }
  }
  return -1;
}

TEST_F(EncodeTest, KeepsSoundWhereItWas) {
  // Only MP4 can hide the run-up of the source's own encoder: elsewhere the
  // picture begins that much after the sound.
  constexpr double kSourceRunUp = 1024.0 / 44'100;
  for (const auto& [name, tone] : {std::pair{"a.mp4", 3.0}, std::pair{"a.ts", 3 + kSourceRunUp},
                                   std::pair{"a.mkv", 3 + kSourceRunUp}}) {
    const fs::path file =
        Clip(name,
             "-f lavfi -i testsrc2=s=160x90:r=25:d=4 -f lavfi -i "
             "\"aevalsrc='if(gt(t,3),sin(2*PI*1000*t),0)':d=4:s=44100\" -c:v libx264 "
             "-preset ultrafast -c:a aac");
    const auto plan = Plan(file);
    ASSERT_TRUE(plan) << plan.error().message();
    CollectingSink sink(plan->output_count());
    ASSERT_TRUE(Encode(file, *plan, sink));
    Save(sink.outputs().back(), path("o.mp4"));
    EXPECT_NEAR(ToneStart(path("o.mp4")), tone, 0.002) << name;
  }
}

TEST_F(EncodeTest, IgnoresACoverPictureAndFindsItForAPoster) {
  const fs::path file =
      Clip("a.mp4",
           "-f lavfi -i sine=d=1 -f lavfi -i testsrc2=s=64x64:d=0.04 -map 0 -map 1 -c:a aac "
           "-c:v mjpeg -disposition:v attached_pic");
  const auto source = Await(tools().Probe(file, media::Container::kMov, Soon()));
  ASSERT_TRUE(source);
  EXPECT_TRUE(source->video.empty());
  EXPECT_EQ(source->cover_picture_index, 1);
}

TEST_F(EncodeTest, ProbesAFileOfManyTracks) {
  std::string arguments = "-f lavfi -i sine=d=0.2 -c:a aac";
  for (int i = 0; i < 120; ++i) arguments += " -map 0";
  const auto source =
      Await(tools().Probe(Clip("a.mp4", arguments), media::Container::kMov, Soon()));
  ASSERT_TRUE(source) << source.error().message();
  EXPECT_EQ(source->audio.size(), 32U);
}

TEST_F(EncodeTest, MakesAPosterInTheProportionsOfTheVideo) {
  for (const char* const name : {"a.mp4", "a.ts"}) {
    const fs::path file = Clip(name, Video("s=320x180:r=25:d=3"));
    const auto plan = Plan(file);
    ASSERT_TRUE(plan);
    const auto poster = Await(tools().MakePoster(file, scratch(), *plan, Soon()));
    ASSERT_TRUE(poster) << poster.error().message();
    std::ofstream(path("p.jpg"), std::ios::binary) << poster->Flatten();
    EXPECT_EQ(Shell("ffprobe -v error -show_entries stream=codec_name,width,height -of csv=p=0 " +
                    path("p.jpg").string()),
              "mjpeg,320,180\n");
  }
}

// --- What goes wrong ---

TEST_F(EncodeTest, SaysThatACutOffRecordingLacksItsIndex) {
  const fs::path file = Clip("a.mp4", Video("s=320x180:r=25:d=2"));
  fs::resize_file(file, fs::file_size(file) / 2);
  const auto source = Await(tools().Probe(file, media::Container::kMov, Soon()));
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_NE(source.error().message().find("index is missing"), std::string::npos);
}

TEST_F(EncodeTest, PublishesWhatIsThereOfATruncatedFile) {
  const fs::path file = Clip("a.mp4", Video("s=320x180:r=25:d=4") + "-movflags +faststart");
  const auto plan = Plan(file);
  ASSERT_TRUE(plan);
  fs::resize_file(file, fs::file_size(file) / 2);
  CollectingSink sink(plan->output_count());
  const auto summary = Encode(file, *plan, sink);
  ASSERT_TRUE(summary) << summary.error().message();
  const Rendition rung = Check(sink.outputs().front());
  EXPECT_GT(rung.sample_count, 20U);
  EXPECT_LT(rung.sample_count, 90U);
}

TEST_F(EncodeTest, FailsWhenNotOnePictureCanBeDecoded) {
  const fs::path file = Clip("a.mp4", Video("s=320x180:r=25:d=2") + "-movflags +faststart");
  const auto plan = Plan(file);
  ASSERT_TRUE(plan);
  std::fstream damage(file, std::ios::in | std::ios::out | std::ios::binary);
  constexpr std::size_t kIndexSize = 4096;
  damage.seekp(kIndexSize);
  damage << std::string(fs::file_size(file) - kIndexSize, '\xff');
  damage.close();
  CollectingSink sink(plan->output_count());
  const auto summary = Encode(file, *plan, sink);
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code(), ErrorCode::kInvalidArgument) << summary.error().message();
}

// Takes its time, and refuses the third segment when asked to.
class DifficultSink final : public CollectingSink {
 public:
  DifficultSink(std::size_t output_count, bool refuse)
      : CollectingSink(output_count), refuse_(refuse) {}

  async::Task<Result<void>> OnSegment(std::size_t output, blob::Bytes bytes) override {
    co_await async::Sleep(20ms);
    if (refuse_ && ++count_ == 3) {
      co_return Fail(ErrorCode::kUnavailable, "the store is away");
    }
    co_return co_await CollectingSink::OnSegment(output, std::move(bytes));
  }

 private:
  const bool refuse_;
  int count_ = 0;
};

TEST_F(EncodeTest, WaitsForASlowSinkAndEndsWithOneThatRefuses) {
  const fs::path file = Clip("a.mp4", VideoAndSound("s=320x180:r=25:d=12", 12));
  const auto plan = Plan(file);
  ASSERT_TRUE(plan);
  DifficultSink slow(plan->output_count(), /*refuse=*/false);
  EXPECT_TRUE(Encode(file, *plan, slow));
  EXPECT_EQ(Check(slow.outputs().front()).sample_count, 300U);
  DifficultSink refusing(plan->output_count(), /*refuse=*/true);
  const auto refused = Encode(file, *plan, refusing);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "the store is away");
}

// --- Files of the world, where they are ---

class RealSource : public EncodeTest, public ::testing::WithParamInterface<std::string_view> {};

TEST_P(RealSource, BecomesRegularSegments) {
  const fs::path file = support::MediaFolder() / GetParam();
  if (!fs::exists(file)) {
    GTEST_SKIP() << "NOT TESTED: " << file << " is missing; set TRITONTUBE_MEDIA_DIR";
  }
  const auto plan = Plan(file);
  ASSERT_TRUE(plan) << plan.error().message();
  CollectingSink sink(plan->output_count());
  const auto summary = Encode(file, *plan, sink);
  ASSERT_TRUE(summary) << summary.error().message();
  for (std::size_t i = 0; i < plan->output_count(); ++i) {
    const Rendition rendition = Check(sink.outputs()[i]);
    const bool is_video = rendition.track.is_video();
    EXPECT_NEAR(rendition.start_seconds, is_video ? 0 : -kRunUpSeconds, 0.0001);
    if (!is_video) continue;
    // A container may name only the duration of its longest track.
    EXPECT_NEAR(static_cast<double>(rendition.sample_count),
                static_cast<double>(plan->video->frame_count), 3);
    EXPECT_EQ(DecodedFrames(sink.outputs()[i]), static_cast<int>(rendition.sample_count));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Files, RealSource,
    ::testing::Values("12_iphone_hevc10_hlg_60fps_rot90_shot.mov", "17_h264_ac3_1s.mov",
                      "19_bbb_vp9_opus_5s.webm", "20_flower_vp8_vorbis_5s.webm",
                      "25_av1_aac_1s.avi", "26_hevc_main10_testpattern_1s.mp4",
                      "28_nasa_2video_2audio_2movtext_16s.mp4", "34_anamorphic_sar2x1_5s.mp4",
                      "35_audio_only_two_aac51_tracks_5s.mp4"),
    [](const auto& info) { return "File" + std::string(info.param.substr(0, 2)); });

}  // namespace
}  // namespace tritontube::ffmpeg
