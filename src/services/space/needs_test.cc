#include "services/space/needs.h"

#include <gtest/gtest.h>

namespace tritontube::space {
namespace {

constexpr ByteCount kSource = ByteCount{100} << 20U;

media::EncodePlan PlanOf(double seconds) {
  media::EncodePlan plan;
  plan.duration_seconds = seconds;
  plan.video.emplace();
  plan.video->rungs = {{.id = "v720", .bits_per_second_max = 3'000'000},
                       {.id = "v360", .bits_per_second_max = 1'000'000}};
  plan.audio = {{.id = "a0", .bits_per_second = 128'000, .language = {}, .label = {}}};
  return plan;
}

TEST(Needs, AnUploadNeedsItselfItsCopyAndItsRenditions) {
  EXPECT_GE(UploadNeed(kSource), 3 * kSource);
  EXPECT_LT(UploadNeed(kSource), 4 * kSource);
  EXPECT_EQ(UploadNeed(kSource), kSource + TranscodeNeed(kSource));
  EXPECT_GT(UploadNeed(0), 0U);
}

TEST(Needs, AReadyVideoNeedsOnlyACopyToMakeItsExtras) {
  SeededRandom random(1);
  catalog::VideoRow video{.id = VideoId::Generate(random),
                          .upload = UploadId::Generate(random),
                          .title = "a video",
                          .source = {{.size = kSource}}};
  EXPECT_EQ(JobNeed(video), TranscodeNeed(kSource));
  video.presentation = {{.output = UploadId::Generate(random)}};
  EXPECT_GE(JobNeed(video), kSource);
  EXPECT_LT(JobNeed(video), 2 * kSource);
}

TEST(Needs, APlanBoundsWhatATranscodeNeeds) {
  const ByteCount ten_seconds = TranscodeNeed(kSource, PlanOf(10)) - kSource;
  EXPECT_GE(ten_seconds, 10U * 4'128'000 / 8);
  EXPECT_LT(ten_seconds, ByteCount{10} << 20U);
}

TEST(Needs, AScreenRecordingDoesNotNeedWhatItsPlanWouldAllow) {
  EXPECT_LT(TranscodeNeed(kSource, PlanOf(36'000)), 5 * kSource);
}

TEST(Needs, ARepairedContainerIsCopiedOnceMore) {
  media::EncodePlan plan = PlanOf(10);
  const ByteCount once = TranscodeNeed(kSource, plan);
  plan.remux_first = true;
  EXPECT_EQ(TranscodeNeed(kSource, plan), once + kSource);
}

}  // namespace
}  // namespace tritontube::space
