#include "services/transcode/segment_sink.h"

#include "support/fragmented_mp4.h"
#include "support/platform.h"

namespace tritontube::transcode {
namespace {

media::EncodePlan TwoRungsAndSound() {
  media::EncodePlan plan;
  plan.video.emplace();
  plan.video->frame_rate = {24, 1};
  plan.video->rungs = {{.id = "v720", .width = 1280, .height = 720},
                       {.id = "v360", .width = 640, .height = 360}};
  plan.audio = {{.id = "a0", .language = "eng", .label = "English", .is_default = true}};
  return plan;
}

class SegmentSinkTest : public support::Platform {
 protected:
  Result<void> Init(std::size_t output, const std::string& bytes) {
    return Value(sink_.OnInit(output, blob::Bytes(bytes)));
  }
  Result<void> Segment(std::size_t output, const support::FakeFragment& fragment) {
    return Value(sink_.OnSegment(output, blob::Bytes(support::MakeFragment(fragment))));
  }
  void InitAll() {
    ASSERT_TRUE(Init(0, support::MakeInit({})).has_value());
    ASSERT_TRUE(Init(1, support::MakeInit({.width = 640, .height = 360})).has_value());
    ASSERT_TRUE(
        Init(2, support::MakeInit({.video = false, .timescale = 48'000, .edit_media_time = 1024}))
            .has_value());
  }

  const VideoId video_ = VideoId::Generate(random_);
  const UploadId output_ = UploadId::Generate(random_);
  double progress_ = 0;
  SegmentSink sink_{store_, {video_, output_}, TwoRungsAndSound(), [this](double fraction) {
                      progress_ = fraction;
                    }};
};

TEST_F(SegmentSinkTest, StoresEachPieceUnderItsFlatNameAtOnce) {
  InitAll();
  ASSERT_TRUE(Segment(1, {}).has_value());
  const auto init = Value(store_.GetWhole({video_, output_, "v360-init.mp4"}, Deadline::Never()));
  const auto segment =
      Value(store_.GetWhole({video_, output_, "v360-00001.m4s"}, Deadline::Never()));
  ASSERT_TRUE(init.has_value());
  ASSERT_TRUE(segment.has_value());
  EXPECT_EQ(segment->Flatten(), support::MakeFragment({}));
}

TEST_F(SegmentSinkTest, GrowsThePresentationFromWhatTheBytesSay) {
  InitAll();
  for (const std::size_t rung : {0UZ, 1UZ}) {
    ASSERT_TRUE(Segment(rung, {}).has_value());
    ASSERT_TRUE(Segment(rung, {.base_decode_time = 96UL * 512, .sample_count = 24}).has_value());
  }
  ASSERT_TRUE(Segment(2, {.sample_count = 188, .sample_duration = 1024}).has_value());
  sink_.OnProgress(0.5);

  const auto presentation = sink_.Finish();
  ASSERT_TRUE(presentation.has_value()) << presentation.error().message();
  ASSERT_EQ(presentation->renditions.size(), 3U);
  const media::Rendition& top = presentation->renditions[0];
  EXPECT_EQ(top.timescale, 12'288U);
  EXPECT_TRUE(top.codecs.starts_with("avc1.")) << top.codecs;
  ASSERT_EQ(top.segments.size(), 2U);
  EXPECT_EQ(top.segments[1].start, 96U * 512);
  EXPECT_EQ(top.segments[1].duration, 24U * 512);
  EXPECT_DOUBLE_EQ(presentation->duration_seconds, 5.0);
  const media::Rendition& sound = presentation->renditions[2];
  EXPECT_EQ(sound.presentation_offset, 1024U);
  EXPECT_EQ(sound.language, "eng");
  EXPECT_DOUBLE_EQ(progress_, 0.5);
}

TEST_F(SegmentSinkTest, RefusesAGapBecauseAPlayerWouldStallThere) {
  InitAll();
  ASSERT_TRUE(Segment(0, {}).has_value());
  const auto gap = Segment(0, {.base_decode_time = 96UL * 512 + 1});
  EXPECT_EQ(gap.error().code(), ErrorCode::kInternal);
  EXPECT_NE(gap.error().message().find("v720 has a gap"), std::string::npos);
}

TEST_F(SegmentSinkTest, RefusesASegmentThatBeginsWithoutAKeyFrame) {
  InitAll();
  EXPECT_EQ(Segment(0, {.sync = false}).error().code(), ErrorCode::kInternal);
}

TEST_F(SegmentSinkTest, RefusesBytesThatAreNoSegmentAndSegmentsBeforeTheInit) {
  EXPECT_EQ(Segment(0, {}).error().code(), ErrorCode::kInternal);
  EXPECT_EQ(Init(0, "not a box").error().code(), ErrorCode::kInternal);
  InitAll();
  const auto noise = Value(sink_.OnSegment(0, blob::Bytes(std::string(64, 'x'))));
  EXPECT_EQ(noise.error().code(), ErrorCode::kInternal);
}

TEST_F(SegmentSinkTest, PassesOnThatTheStoreFailed) {
  InitAll();
  store_.SetFull(true);
  EXPECT_EQ(Segment(0, {}).error().code(), ErrorCode::kResourceExhausted);
}

TEST_F(SegmentSinkTest, IsNotFinishedWhileARungHasNothing) {
  InitAll();
  EXPECT_EQ(sink_.Finish().error().code(), ErrorCode::kInternal);
  ASSERT_TRUE(Segment(0, {}).has_value());
  EXPECT_EQ(sink_.Finish().error().code(), ErrorCode::kInternal);
}

TEST_F(SegmentSinkTest, LeavesOutSoundOfWhichNothingCouldBeDecoded) {
  media::EncodePlan plan = TwoRungsAndSound();
  plan.audio.emplace_back().id = "a1";
  SegmentSink sink(store_, {video_, output_}, plan, [](double) {});
  for (std::size_t output = 0; output < 4; ++output) {
    const std::string init = support::MakeInit({.video = output < 2});
    ASSERT_TRUE(Value(sink.OnInit(output, blob::Bytes(init))).has_value());
    if (output == 2) continue;
    const std::string segment = support::MakeFragment({});
    ASSERT_TRUE(Value(sink.OnSegment(output, blob::Bytes(segment))).has_value());
  }
  const auto presentation = sink.Finish();
  ASSERT_TRUE(presentation.has_value()) << presentation.error().message();
  ASSERT_EQ(presentation->renditions.size(), 3U);
  EXPECT_EQ(presentation->renditions[2].id, "a1");
  EXPECT_TRUE(presentation->renditions[2].is_default);
}

}  // namespace
}  // namespace tritontube::transcode
