#include <gtest/gtest.h>

#include "adapters/ffmpeg/extra_tools.h"
#include "adapters/ffmpeg/tools_fixture_test.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"
#include "domain/planning/chunks.h"
#include "domain/planning/sample.h"

// A sample of what was made is compared with the very pictures that it was made of.
namespace tritontube::ffmpeg {
namespace {

namespace fs = std::filesystem;
using support::CollectingSink;

// Nothing stands still: a frame is like no other.
std::string Moving(std::string_view rate, std::string_view more = "") {
  return fmt::format(
      "-f lavfi -i testsrc2=s=320x180:r={}:d=14,scroll=h=0.02:v=0.02 -c:v libx264 "
      "-preset ultrafast -crf 12 -g 77 -pix_fmt yuv420p {}",
      rate, more);
}

class SimilarityTest : public ToolsTest {
 protected:
  // As the worker does it: in one go, or in chunks.
  struct Ladder {
    media::EncodePlan plan;
    media::Presentation presentation;
    std::vector<CollectingSink::Output> outputs;
  };

  static media::Rendition RenditionOf(const media::EncodePlan& plan, std::size_t rung,
                                      const CollectingSink::Output& output) {
    const auto init = bmff::ParseInit(AsBytes(output.init));
    EXPECT_TRUE(init) << init.error().message();
    media::Rendition rendition;
    rendition.id = plan.video->rungs[rung].id;
    rendition.width = plan.video->rungs[rung].width;
    rendition.height = plan.video->rungs[rung].height;
    rendition.frame_rate = plan.video->frame_rate;
    rendition.timescale = init->tracks.front().timescale;
    for (const std::string& segment : output.segments) {
      const auto fragment = bmff::ParseFragment(AsBytes(segment), init->tracks.front());
      EXPECT_TRUE(fragment) << fragment.error().message();
      rendition.segments.push_back({.start = fragment->base_decode_time,
                                    .duration = fragment->duration,
                                    .size = segment.size()});
    }
    return rendition;
  }

  // Two rungs: the video's own size and a half of it. Without caps to speak of, they are good.
  static media::EncodePlan PicturesOf(media::EncodePlan plan) {
    plan = planning::ChunkPlan(plan, {});
    std::vector<media::VideoRung>& rungs = plan.video->rungs;
    rungs.resize(1);
    rungs.front().bits_per_second_max = rungs.front().buffer_bits = 20'000'000;
    media::VideoRung half = rungs.front();
    half.id = "vhalf";
    half.width = half.width / 4 * 2;
    half.height = half.height / 4 * 2;
    rungs.push_back(half);
    return plan;
  }

  Ladder MakeLadder(const fs::path& file, const media::EncodePlan& plan,
                    const std::vector<planning::Chunk>& chunks = {{}}) {
    Ladder ladder{.plan = plan, .presentation = {}, .outputs = {}};
    ladder.outputs.resize(plan.video->rungs.size());
    for (const planning::Chunk& chunk : chunks) {
      CollectingSink sink(plan.output_count());
      const auto made = Encode(file, planning::ChunkPlan(plan, chunk), sink);
      EXPECT_TRUE(made) << made.error().message();
      for (std::size_t i = 0; i < ladder.outputs.size(); ++i) {
        ladder.outputs[i].init = sink.outputs()[i].init;
        std::ranges::copy(sink.outputs()[i].segments,
                          std::back_inserter(ladder.outputs[i].segments));
      }
    }
    for (std::size_t i = 0; i < ladder.outputs.size(); ++i) {
      ladder.presentation.renditions.push_back(RenditionOf(plan, i, ladder.outputs[i]));
    }
    return ladder;
  }

  std::vector<fs::path> SampleFiles(const Ladder& ladder, const planning::Sample& sample) {
    std::vector<fs::path> files;
    for (std::size_t i = 0; i < ladder.outputs.size(); ++i) {
      files.push_back(path(fmt::format("sample{}.mp4", i)));
      std::ofstream file(files.back(), std::ios::binary);
      file << ladder.outputs[i].init;
      for (const std::size_t segment : sample.segments) file << ladder.outputs[i].segments[segment];
    }
    return files;
  }

  // With the frames of the source, or with those that come so many later.
  std::vector<double> Compare(const fs::path& file, const Ladder& ladder, std::int64_t shift = 0) {
    const auto sample = planning::PlanSample(ladder.plan, ladder.presentation);
    EXPECT_TRUE(sample.has_value());
    if (!sample) return {};
    media::EncodePlan plan = sample->plan;
    plan.video->first_frame += shift;
    plan.video->end_frame += shift;
    auto similarities =
        Await(extras_.CompareRungs(file, scratch(), plan, SampleFiles(ladder, *sample), Soon()));
    EXPECT_TRUE(similarities) << similarities.error().message();
    return similarities ? *similarities : std::vector<double>();
  }

  // With the right frames it is like them; with the ones beside them it is clearly less so.
  void ExpectAligned(const fs::path& file, const Ladder& ladder) {
    const std::vector<double> right = Compare(file, ladder);
    ASSERT_EQ(right.size(), ladder.plan.video->rungs.size());
    for (const double similarity : right) EXPECT_GT(similarity, 0.95);
    for (const std::int64_t shift : {-1, 1}) {
      const std::vector<double> wrong = Compare(file, ladder, shift);
      ASSERT_EQ(wrong.size(), right.size());
      for (std::size_t i = 0; i < right.size(); ++i) {
        EXPECT_LT(wrong[i], right[i] - 0.2) << "rung " << i << " and frames " << shift << " later";
      }
    }
  }

  FfmpegExtraTools extras_{TestOptions()};
};

class RecordingSimilarityTest : public SimilarityTest,
                                public ::testing::WithParamInterface<Recording> {};

TEST_P(RecordingSimilarityTest, IsOfTheSameFrames) {
  const fs::path file = Clip(GetParam().file, GetParam().arguments);
  const auto plan = Plan(file);
  ASSERT_TRUE(plan) << plan.error().message();
  ExpectAligned(file, MakeLadder(file, PicturesOf(*plan)));
}

INSTANTIATE_TEST_SUITE_P(
    Recordings, RecordingSimilarityTest,
    ::testing::Values(
        Recording{"Rate25", "a.mp4", Moving("25")},
        Recording{"Rate2997", "a.mkv", Moving("30000/1001")},
        Recording{"Rate5994", "a.mp4", Moving("60000/1001")},
        Recording{
            "VariableRate", "a.mp4",
            Moving("30", "-vf \"select='not(between(n,100,139))*lt(mod(n,7),5)'\" -fps_mode vfr")},
        Recording{"Rotated", "a.mp4",
                  Moving("25",
                         "b.mp4 && ffmpeg -v error -nostdin -y -i b.mp4 -c copy "
                         "-metadata:s:v rotate=90")},
        Recording{"BeginsLater", "a.mkv", Moving("25", "-output_ts_offset 3.3")},
        Recording{"PicturesLaterThanSound", "a.mkv",
                  "-f lavfi -i sine=d=15 -itsoffset 1.01 " + Moving("25", "-c:a aac")},
        Recording{"RunUpBehindAnEditList", "a.mp4",
                  Moving("25", "b.mp4 && ffmpeg -v error -nostdin -y -ss 1.3 -i b.mp4 -c copy")},
        Recording{"Interlaced", "a.mp4",
                  Moving("50", "-vf scale=320:192,interlace -flags +ildct+ilme")},
        Recording{"HighDynamicRange", "a.mp4",
                  Moving("25",
                         "-pix_fmt yuv420p10le -color_trc arib-std-b67 -color_primaries bt2020 "
                         "-colorspace bt2020nc")},
        Recording{"TransportStreamWithoutAnIndex", "a.ts", Moving("25")}),
    [](const auto& info) { return info.param.name; });

TEST_F(SimilarityTest, IsOfTheSameFramesWhenChunksWereMade) {
  const fs::path file = Clip("a.mp4", Moving("30000/1001"));
  const auto planned = Plan(file);
  ASSERT_TRUE(planned) << planned.error().message();
  // A chunk ends in the middle of the sample.
  media::EncodePlan plan = PicturesOf(*planned);
  plan.video->frames_per_segment = 60;
  const std::vector<planning::Chunk> chunks = {{.first_frame = 0, .end_frame = 120},
                                               {.first_frame = 120, .end_frame = 240},
                                               {.first_frame = 240, .end_frame = 0}};
  const Ladder ladder = MakeLadder(file, plan, chunks);
  const auto sample = planning::PlanSample(plan, ladder.presentation);
  ASSERT_TRUE(sample.has_value());
  EXPECT_LT(sample->plan.video->first_frame, 240);
  EXPECT_GT(sample->plan.video->end_frame, 240);
  ExpectAligned(file, ladder);
}

// Cut where the source is, on the clock of the source.
TEST_F(SimilarityTest, IsOfTheSameFramesBesideASourceThatIsShown) {
  const fs::path file = Clip("a.mp4", Moving("30000/1001", "-bf 2"));
  auto planned = Plan(file);
  ASSERT_TRUE(planned) << planned.error().message();
  media::EncodePlan plan = PicturesOf(*planned);
  plan.start_seconds = 0;
  plan.video->cuts = {77, 154, 231, 308, 385};
  ExpectAligned(file, MakeLadder(file, plan));
}

// The first picture is shown from the beginning, although it comes later.
TEST_F(SimilarityTest, IsOfAllFramesOfAShortVideo) {
  const fs::path file = Clip("a.mkv",
                             "-f lavfi -i sine=d=3 -itsoffset 0.51 -f lavfi -i "
                             "testsrc2=s=320x180:r=25:d=2,scroll=h=0.02 "
                             "-c:v libx264 -preset ultrafast -crf 12 -c:a aac");
  const auto plan = Plan(file);
  ASSERT_TRUE(plan && plan->video->pad_start);
  const std::vector<double> similarities = Compare(file, MakeLadder(file, PicturesOf(*plan)));
  ASSERT_EQ(similarities.size(), 2U);
  for (const double similarity : similarities) EXPECT_GT(similarity, 0.95);
}

TEST_F(SimilarityTest, FallsWithTheBitsThatAreSpent) {
  const fs::path file = Clip("a.mp4", Moving("25"));
  auto plan = Plan(file);
  ASSERT_TRUE(plan) << plan.error().message();
  media::EncodePlan poor = PicturesOf(*plan);
  for (media::VideoRung& rung : poor.video->rungs) rung.crf = 45;
  const std::vector<double> good = Compare(file, MakeLadder(file, PicturesOf(*plan)));
  const std::vector<double> bad = Compare(file, MakeLadder(file, poor));
  ASSERT_EQ(good.size(), 2U);
  ASSERT_EQ(bad.size(), 2U);
  for (std::size_t i = 0; i < good.size(); ++i) EXPECT_LT(bad[i], good[i] - 0.03);
}

TEST_F(SimilarityTest, IsNotMeasuredOfAFileThatIsNone) {
  const fs::path file = Clip("a.mp4", Moving("25"));
  auto plan = Plan(file);
  ASSERT_TRUE(plan) << plan.error().message();
  media::EncodePlan part = planning::ChunkPlan(*plan, {.first_frame = 100, .end_frame = 200});
  part.video->rungs.resize(1);
  std::ofstream(path("noise.mp4"), std::ios::binary) << std::string(5000, 'x');
  const auto noise =
      Await(extras_.CompareRungs(file, scratch(), part, {path("noise.mp4")}, Soon()));
  EXPECT_FALSE(noise.has_value());
  const auto missing = Await(extras_.CompareRungs(path("none"), scratch(), part, {file}, Soon()));
  EXPECT_FALSE(missing.has_value());
}

}  // namespace
}  // namespace tritontube::ffmpeg
