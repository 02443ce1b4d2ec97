#include <gtest/gtest.h>

#include "adapters/ffmpeg/tools_fixture_test.h"
#include "core/bmff/fragment.h"
#include "core/bmff/init_segment.h"

namespace tritontube::ffmpeg {
namespace {

using support::CollectingSink;

class LadderTest : public ToolsTest {
 protected:
  struct Rate {
    double average = 0;
    double cap = 0;     // As the plan has it.
    double buffer = 0;  // Bits that may be sent at once.
    double seconds = 0;
  };

  // Of the largest rung of a recording.
  Rate RateOf(std::string_view name, std::string_view pictures) {
    const auto file =
        Clip(name, fmt::format("-f lavfi -i \"{}\" -c:v libx264 -preset ultrafast -crf 12 -g 50 "
                               "-pix_fmt yuv420p",
                               pictures));
    const auto plan = Plan(file);
    EXPECT_TRUE(plan) << plan.error().message();
    if (!plan) return {};
    CollectingSink sink(plan->output_count());
    const auto made = Encode(file, *plan, sink);
    EXPECT_TRUE(made) << made.error().message();
    const media::VideoRung& rung = plan->video->rungs.front();
    const double bits = static_cast<double>(sink.outputs().front().File().size()) * 8;
    return {.average = bits / plan->duration_seconds,
            .cap = static_cast<double>(rung.bits_per_second_max),
            .buffer = static_cast<double>(rung.buffer_bits),
            .seconds = plan->duration_seconds};
  }
};

TEST_F(LadderTest, AdaptsToTheContentThroughConstantQualityWithACap) {
  const Rate still = RateOf("still.mp4", "smptebars=s=426x240:r=25:d=16");
  const Rate noise = RateOf("noise.mp4", "color=gray:s=426x240:r=25:d=16,noise=alls=60:allf=t");
  ASSERT_GT(still.average, 0);
  EXPECT_EQ(still.cap, noise.cap) << "the same rung";
  EXPECT_LT(still.average, noise.average / 20) << "a still picture needs a fraction of the bits";
  EXPECT_LT(still.average, still.cap / 20) << "and is not filled up";
  EXPECT_GT(noise.average, noise.cap / 2) << "noise takes what it may";
  // What the buffer held at the beginning comes on top, once.
  EXPECT_LT(noise.average, noise.cap + noise.buffer / noise.seconds) << "and no more";
}

}  // namespace
}  // namespace tritontube::ffmpeg
