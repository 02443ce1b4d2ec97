#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "adapters/ffmpeg/command.h"
#include "adapters/ffmpeg/tools_fixture_test.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "core/bmff/track_fragment.h"
#include "domain/planning/chunks.h"
#include "support/media_folder.h"
#include "support/rounds.h"

// A video that is made in chunks, one behind the other, is the one that is made in one go.
namespace tritontube::ffmpeg {
namespace {

namespace fs = std::filesystem;
using planning::Chunk;
using support::CollectingSink;
using support::IsLong;

constexpr std::array<std::size_t, 3> kDivisions = {2, 3, 7};
// What an encoder makes depends a little on what it has seen and on what it sees coming. Summed
// over the frames around a join, and of a single frame; a wrong frame is less like the right one.
constexpr double kLossPerJoinMax = 0.5;
constexpr double kLossPerFrameMax = 0.03;
// Of the size, where there are pictures to speak of in each chunk.
constexpr double kGrowthMax = 0.03;

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

bmff::Track TrackOf(const CollectingSink::Output& output) {
  const auto init = bmff::ParseInit(AsBytes(output.init));
  EXPECT_TRUE(init && init->tracks.size() == 1);
  return init && init->tracks.size() == 1 ? init->tracks.front() : bmff::Track();
}

std::vector<Shape> ShapesOf(const CollectingSink::Output& output) {
  const bmff::Track track = TrackOf(output);
  std::vector<Shape> shapes;
  for (const std::string& segment : output.segments) {
    const auto fragment = bmff::ParseFragment(AsBytes(segment), track);
    EXPECT_TRUE(fragment) << fragment.error().message();
    if (!fragment) break;
    shapes.push_back({.start = fragment->base_decode_time,
                      .duration = fragment->duration,
                      .samples = fragment->sample_count,
                      .begins_with_a_key = fragment->starts_with_sync_sample});
  }
  return shapes;
}

Result<void> AddShownTimes(const std::string& segment, const bmff::Track& track,
                           std::vector<std::int64_t>& times) {
  using bmff::MakeFourCc;
  bmff::BoxWalker boxes(AsBytes(segment));
  TT_ASSIGN_OR_RETURN(const auto moof, boxes.Next());
  TT_ASSIGN_OR_RETURN(const bmff::Box traf, bmff::FindOnly(moof->payload, MakeFourCc("traf")));
  TT_ASSIGN_OR_RETURN(const bmff::Box tfhd, bmff::FindOnly(traf.payload, MakeFourCc("tfhd")));
  TT_ASSIGN_OR_RETURN(const auto header, bmff::ParseTfhd(tfhd.payload));
  TT_ASSIGN_OR_RETURN(const bmff::Box tfdt, bmff::FindOnly(traf.payload, MakeFourCc("tfdt")));
  TT_ASSIGN_OR_RETURN(std::uint64_t decoded, bmff::ParseTfdt(tfdt.payload));
  return bmff::ForEachBox(traf.payload, MakeFourCc("trun"), [&](auto trun) -> Result<void> {
    TT_ASSIGN_OR_RETURN(auto run, bmff::RunReader::Open(trun, header.Over(track.defaults)));
    for (std::uint32_t i = 0; i < run.sample_count(); ++i) {
      const bmff::RunSample sample = run.Next();
      times.push_back(static_cast<std::int64_t>(decoded) + sample.composition_offset);
      decoded += sample.duration;
    }
    return {};
  });
}

// When each picture is shown, as the boxes say, in that order.
std::vector<std::int64_t> ShownTimes(const CollectingSink::Output& output) {
  const bmff::Track track = TrackOf(output);
  std::vector<std::int64_t> times;
  for (const std::string& segment : output.segments) {
    const Result<void> added = AddShownTimes(segment, track, times);
    EXPECT_TRUE(added) << added.error().message();
  }
  std::ranges::sort(times);
  return times;
}

// Of every frame, how like it is to what it was made of; 1 is the same.
std::vector<double> ReadSimilarities(const fs::path& file) {
  std::vector<double> all;
  std::ifstream stream(file);
  for (std::string line; std::getline(stream, line);) {
    const std::size_t at = line.find("All:");
    if (at != std::string::npos) all.push_back(std::strtod(line.c_str() + at + 4, nullptr));
  }
  return all;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

std::string Quoted(const std::vector<std::string>& arguments) {
  return fmt::format("'{}'", fmt::join(arguments, "' '"));
}

class ChunkTest : public ToolsTest {
 protected:
  // The smallest rung of the pictures, with segments so short that there are several.
  static media::EncodePlan SmallPlan(media::EncodePlan plan) {
    plan = planning::ChunkPlan(plan, {});
    media::VideoPlan& video = *plan.video;
    video.rungs.erase(video.rungs.begin(), video.rungs.end() - 1);
    constexpr std::int64_t kSegments = 9;
    video.frames_per_segment =
        std::clamp<std::int64_t>(video.frame_count / kSegments, 1, video.frames_per_segment);
    return plan;
  }

  CollectingSink::Output Make(const fs::path& file, const media::EncodePlan& plan) {
    CollectingSink sink(plan.output_count());
    const auto summary = Encode(file, plan, sink);
    EXPECT_TRUE(summary) << summary.error().message();
    EXPECT_THAT(sink.faults(), ::testing::IsEmpty());
    return sink.outputs().front();
  }

  // Chunks of as many segments each as can be.
  CollectingSink::Output MakeInChunks(const fs::path& file, const media::EncodePlan& plan,
                                      const std::vector<Shape>& segments, std::size_t count) {
    const media::VideoPlan& video = *plan.video;
    const auto frame_of = [&](std::size_t part) -> std::int64_t {
      const std::size_t segment = part * segments.size() / count;
      if (segment == 0 || segment == segments.size()) return 0;
      return video.cuts.empty() ? static_cast<std::int64_t>(segment) * video.frames_per_segment
                                : video.cuts[segment - 1];
    };
    CollectingSink::Output joined;
    for (std::size_t part = 0; part < count; ++part) {
      const Chunk chunk{.first_frame = frame_of(part),
                        .end_frame = frame_of(part + 1),
                        .first_segment = part * segments.size() / count};
      CollectingSink::Output made = Make(file, planning::ChunkPlan(plan, chunk));
      EXPECT_EQ(joined.segments.size(), chunk.first_segment);
      if (joined.init.empty()) joined.init = made.init;
      EXPECT_EQ(made.init, joined.init);
      std::ranges::move(made.segments, std::back_inserter(joined.segments));
    }
    return joined;
  }

  // What the rung is made of, without loss: pictures as the filters give them.
  fs::path MakeReference(fs::path file, media::EncodePlan plan) {
    if (plan.remux_first) {
      const fs::path copy = path("copy.mkv");
      Shell(Quoted(RemuxCommand({}, file, copy, plan)));
      plan = RemuxedPlan(plan);
      file = copy;
    }
    fs::path reference = path("reference.mkv");
    Shell(fmt::format(
        "ffmpeg -v error -nostdin -y -copyts -f {} -i '{}' -filter_complex '{}' "
        "-map '[v0]' -fps_mode vfr -c:v ffv1 '{}' 2>&1",
        media::DemuxerName(plan.container), file.string(),
        VideoFilter(*plan.video, plan.start_seconds, plan.container), reference.string()));
    return reference;
  }

  struct Similarities {
    std::vector<double> whole;
    std::vector<double> joined;
  };
  Similarities Compare(const fs::path& reference, const CollectingSink::Output& whole,
                       const CollectingSink::Output& joined) {
    std::ofstream(path("whole.mp4"), std::ios::binary) << whole.File();
    std::ofstream(path("joined.mp4"), std::ios::binary) << joined.File();
    // Pictures are paired by their number.
    Shell(
        fmt::format("cd {} && ffmpeg -v error -nostdin -xerror -i '{}' -i whole.mp4 -i joined.mp4 "
                    "-lavfi '[0]settb=1/25,setpts=N,split[a][b];[1]settb=1/25,setpts=N[w];"
                    "[2]settb=1/25,setpts=N[j];[w][a]ssim=stats_file=whole.txt;"
                    "[j][b]ssim=stats_file=joined.txt' -f null - 2>&1",
                    folder_.path().string(), reference.string()));
    return {.whole = ReadSimilarities(path("whole.txt")),
            .joined = ReadSimilarities(path("joined.txt"))};
  }

  void ExpectAlike(const fs::path& reference, const CollectingSink::Output& whole,
                   const CollectingSink::Output& joined, std::size_t count) {
    const auto [one, other] = Compare(reference, whole, joined);
    ASSERT_EQ(one.size(), other.size());
    double worst = 0;
    double sum = 0;
    for (std::size_t i = 0; i < one.size(); ++i) {
      worst = std::max(worst, one[i] - other[i]);
      sum += one[i] - other[i];
    }
    EXPECT_LT(worst, kLossPerFrameMax);
    EXPECT_LT(sum / static_cast<double>(count - 1), kLossPerJoinMax);
    if (IsLong()) {
      fmt::print(
          "  {} chunks: similarity {:.5f} less {:.5f}; a join loses {:.3f}, a frame {:.4f}\n",
          count, Mean(one), Mean(one) - Mean(other), sum / static_cast<double>(count - 1), worst);
    }
  }

  static void ExpectSizeAlike(const CollectingSink::Output& whole,
                              const CollectingSink::Output& joined, double chunk_seconds) {
    constexpr std::size_t kBytesMin = 100'000;
    constexpr double kSecondsMin = 4;
    const std::size_t size = whole.File().size();
    const double growth = static_cast<double>(joined.File().size()) / static_cast<double>(size) - 1;
    if (IsLong())
      fmt::print("  chunks of {:.1f} s: {:+.2f} % bytes\n", chunk_seconds, growth * 100);
    if (size < kBytesMin || chunk_seconds < kSecondsMin) return;
    EXPECT_LT(std::abs(growth), kGrowthMax);
  }

  void ExpectThatChunksJoin(const fs::path& file, const media::EncodePlan& plan) {
    const CollectingSink::Output whole = Make(file, plan);
    const std::vector<Shape> segments = ShapesOf(whole);
    const std::vector<std::int64_t> shown = ShownTimes(whole);
    if (IsLong()) {
      fmt::print("{} frames of {} expected in {} segments, {} bytes\n", shown.size(),
                 plan.video->frame_count, segments.size(), whole.File().size());
    }
    const fs::path reference = MakeReference(file, plan);
    for (const std::size_t count : kDivisions) {
      if (count > segments.size()) break;
      SCOPED_TRACE(fmt::format("{} chunks", count));
      const CollectingSink::Output joined = MakeInChunks(file, plan, segments, count);
      EXPECT_EQ(joined.init, whole.init);
      EXPECT_EQ(ShapesOf(joined), segments);
      EXPECT_EQ(ShownTimes(joined), shown);
      const bool is_last = count == kDivisions.back() || segments.size() < kDivisions.back();
      if (IsLong() || is_last) ExpectAlike(reference, whole, joined, count);
      ExpectSizeAlike(whole, joined,
                      static_cast<double>(shown.size()) / plan.video->frame_rate.AsDouble() /
                          static_cast<double>(count));
    }
  }
};

class RecordingTest : public ChunkTest, public ::testing::WithParamInterface<Recording> {};

TEST_P(RecordingTest, ChunksJoin) {
  const fs::path file = Clip(GetParam().file, GetParam().arguments);
  const auto plan = Plan(file);
  ASSERT_TRUE(plan) << plan.error().message();
  ExpectThatChunksJoin(file, SmallPlan(*plan));
}

std::string Pictures(std::string_view rate, std::string_view more = "") {
  return fmt::format(
      "-f lavfi -i testsrc2=s=160x90:r={}:d=9 -c:v libx264 -preset ultrafast -g 77 {}", rate, more);
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
                           "-vf \"select='not(between(n,100,169))*lt(mod(n,7),5)'\" "
                           "-fps_mode vfr")},
        Recording{"OpenGroups", "a.mp4",
                  Pictures("25", "-bf 3 -x264-params open-gop=1:keyint=60:min-keyint=60")},
        Recording{"RunUpBehindAnEditList", "a.mp4",
                  Pictures("25", "b.mp4 && ffmpeg -v error -nostdin -y -ss 1.3 -i b.mp4 -c copy")},
        Recording{"TransportStream", "a.ts", Pictures("25")},
        Recording{"ProgramStream", "a.mpg",
                  "-f lavfi -i testsrc2=s=160x90:r=25:d=9 -c:v mpeg2video -b:v 2M -g 15 -bf 2"},
        Recording{"Interlaced", "a.mp4",
                  Pictures("50", "-vf scale=160:96,interlace -flags +ildct+ilme")},
        Recording{"Vp9InWebM", "a.webm",
                  "-f lavfi -i testsrc2=s=160x90:r=25:d=9 -c:v libvpx-vp9 -deadline realtime "
                  "-cpu-used 8 -g 90 -b:v 1M"},
        Recording{"Mpeg4InAvi", "a.avi",
                  "-f lavfi -i testsrc2=s=160x90:r=25:d=9 -c:v mpeg4 -q:v 3 -g 60"},
        Recording{"TheoraInOgg", "a.ogv",
                  "-f lavfi -i testsrc2=s=160x90:r=25:d=9 -c:v libtheora -q:v 7 -g 60"},
        Recording{"PicturesLaterThanSound", "a.mkv",
                  "-f lavfi -i sine=d=10 -itsoffset 1 -f lavfi -i testsrc2=s=160x90:r=25:d=9 "
                  "-c:v libx264 -preset ultrafast -c:a aac"}),
    [](const auto& info) { return info.param.name; });

// Segments where another rendition has its own, some of a few frames.
TEST_F(ChunkTest, ChunksJoinBetweenCuts) {
  const std::vector<std::int64_t> cuts = {31, 64, 100, 101, 103, 140, 171, 196, 210};
  for (const auto& [name, rate] : {std::pair{"a.mp4", "25"}, std::pair{"b.mkv", "24000/1001"}}) {
    SCOPED_TRACE(name);
    const fs::path file = Clip(name, Pictures(rate));
    const auto planned = Plan(file);
    ASSERT_TRUE(planned) << planned.error().message();
    media::EncodePlan plan = SmallPlan(*planned);
    plan.video->cuts = cuts;
    ExpectThatChunksJoin(file, plan);
  }
}

// A file that is shorter than it says: whoever asked for the chunk has to make do without.
TEST_F(ChunkTest, AChunkBehindTheLastPictureIsRefused) {
  const fs::path file = Clip("a.mp4", Pictures("25"));
  const auto planned = Plan(file);
  ASSERT_TRUE(planned) << planned.error().message();
  media::EncodePlan plan = SmallPlan(*planned);
  for (const std::int64_t end : {0, 400}) {
    plan.video->first_frame = 300;
    plan.video->end_frame = end;
    CollectingSink sink(1);
    const auto made = Encode(file, plan, sink);
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(sink.outputs().front().segments, ::testing::IsEmpty());
  }
}

// --- Files of the world, where they are ---

class RealRecordingTest : public ChunkTest,
                          public ::testing::WithParamInterface<std::string_view> {};

constexpr std::array<std::string_view, 2> kQuickFiles = {"09_480p_bframes_editlist_9s.mp4",
                                                         "14_vfr_testpattern_h264_444.mp4"};

TEST_P(RealRecordingTest, ChunksJoin) {
  const fs::path file = support::MediaFolder() / GetParam();
  if (!IsLong() && std::ranges::find(kQuickFiles, GetParam()) == kQuickFiles.end()) {
    GTEST_SKIP() << "set TRITONTUBE_LONG=1";
  }
  if (!fs::exists(file)) {
    GTEST_SKIP() << "NOT TESTED: " << file << " is missing; set TRITONTUBE_MEDIA_DIR";
  }
  const auto plan = Plan(file);
  ASSERT_TRUE(plan) << plan.error().message();
  ExpectThatChunksJoin(file, SmallPlan(*plan));
}

INSTANTIATE_TEST_SUITE_P(
    Files, RealRecordingTest,
    ::testing::Values(
        "01_bbb_1080p25_35s_h264main_aac51.mp4", "03_bbb_720p24_30s_h264_aac.mp4",
        "04_bbb_360p24_18s_small.mp4", "06_bbb_2160p60_7s_noaudio.mp4", "07_bbb_1080p60_2s.mp4",
        "08_bbb_480p24_30s_bframes_editlist_aac51.mp4", "09_480p_bframes_editlist_9s.mp4",
        "10_bbb_rotation90_1080x1920_display_2s.mp4", "11_portrait_1080x1920_phone_2s.mp4",
        "12_iphone_hevc10_hlg_60fps_rot90_shot.mov", "13_screenrec_vfr_3026x1386_8s.mp4",
        "14_vfr_testpattern_h264_444.mp4", "15_room_432p10_139s_noaudio.mp4",
        "16_road_432p_12.5fps_30s_audio.mp4", "17_h264_ac3_1s.mov", "18_h264_aac_tx3g_subs_10s.mov",
        "19_bbb_vp9_opus_5s.webm", "20_flower_vp8_vorbis_5s.webm",
        "21_tears_of_steel_vp8_vorbis_70s.webm", "22_h264_aac_srt_ass_subs_10s.mkv",
        "23_hevc_1080p30_aac_10s.mp4", "24_av1_testpattern_640x360_5s.mkv", "25_av1_aac_1s.avi",
        "26_hevc_main10_testpattern_1s.mp4", "27_h264_high10_testpattern_1s.mp4",
        "28_nasa_2video_2audio_2movtext_16s.mp4", "29_h264_aac_movtext_10s.mp4",
        "30_flower_540p30_5s.mp4", "31_flower_fragmented_mp4_5s.mp4",
        "32_friday_640x480_audio_track_first_6s.mp4", "33_bug_640x360_noaudio_7s.mp4",
        "34_anamorphic_sar2x1_5s.mp4", "36_dog_360p25_14s_noaudio.mp4"),
    [](const auto& info) { return "File" + std::string(info.param.substr(0, 2)); });

}  // namespace
}  // namespace tritontube::ffmpeg
