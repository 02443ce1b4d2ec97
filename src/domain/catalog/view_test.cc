#include "domain/catalog/view.h"

#include <gtest/gtest.h>

namespace tritontube::catalog {
namespace {

VideoRecord Uploading(ByteCount received, std::optional<ByteCount> total) {
  const UploadId upload = *UploadId::Parse("uploadload0");
  return {.row = {.id = *VideoId::Parse("videovideo0"),
                  .upload = upload,
                  .title = "t",
                  .renditions = {{.id = "v720"}}},
          .open = OpenUpload{.upload = upload, .received = received, .total = total}};
}

VideoRecord Processing(std::optional<double> transcoded, bool claimed) {
  VideoRecord record = Uploading(0, std::nullopt);
  record.open.reset();
  record.row.source = SourceFile{};
  if (transcoded) record.progress = Progress{.fraction = *transcoded};
  if (claimed) record.claim = JobClaim{*UploadId::Parse("outputoutp0")};
  return record;
}

TEST(ViewOf, TakesTheUploadForTheFirstQuarter) {
  EXPECT_EQ(ViewOf(Uploading(0, 100)).state, VideoState::kUploading);
  EXPECT_DOUBLE_EQ(ViewOf(Uploading(0, 100)).progress, 0);
  EXPECT_DOUBLE_EQ(ViewOf(Uploading(50, 100)).progress, 0.125);
  EXPECT_DOUBLE_EQ(ViewOf(Uploading(100, 100)).progress, 0.25);
  EXPECT_DOUBLE_EQ(ViewOf(Uploading(500, 100)).progress, 0.25);
  EXPECT_DOUBLE_EQ(ViewOf(Uploading(50, std::nullopt)).progress, 0);
  EXPECT_DOUBLE_EQ(ViewOf(Uploading(0, 0)).progress, 0);
  EXPECT_FALSE(ViewOf(Uploading(100, 100)).playable);
}

TEST(ViewOf, TakesTheTranscodeForTheRestAndKeepsOneForReady) {
  EXPECT_EQ(ViewOf(Processing(std::nullopt, false)).state, VideoState::kProcessing);
  EXPECT_DOUBLE_EQ(ViewOf(Processing(std::nullopt, false)).progress, 0.25);
  EXPECT_DOUBLE_EQ(ViewOf(Processing(0.5, true)).progress, 0.625);
  EXPECT_LT(ViewOf(Processing(1, true)).progress, 1);
}

TEST(ViewOf, IsPlayableWhileItUploadsAsSoonAsABeginningIsThere) {
  VideoRecord record = Uploading(50, 100);
  record.row.renditions = {{.id = "vsrc", .codec = "avc1.64001f"}};
  EXPECT_FALSE(ViewOf(record).playable);
  EXPECT_EQ(ViewOf(record).renditions[0].state, RenditionState::kWaiting);
  record.open->playable = true;
  EXPECT_TRUE(ViewOf(record).playable);
  EXPECT_EQ(ViewOf(record).state, VideoState::kUploading);
  EXPECT_EQ(ViewOf(record).renditions[0].state, RenditionState::kProcessing);
}

TEST(ViewOf, IsPlayableWithoutATranscodeWhenTheSourceShowsAll) {
  VideoRecord record = Processing(std::nullopt, false);
  record.row.renditions = {{.id = "vsrc", .codec = "avc1.64001f"}, {.id = "v240"}};
  record.row.copy = CopyVerdict{.reasons = {}, .tracks = {1}};
  const VideoView view = ViewOf(record);
  EXPECT_TRUE(view.playable);
  EXPECT_EQ(view.state, VideoState::kProcessing);
  EXPECT_EQ(view.renditions[0].state, RenditionState::kReady);
  EXPECT_EQ(view.renditions[1].state, RenditionState::kWaiting);
}

TEST(ViewOf, WaitsForTheBeginningOfWhatTheSourceDoesNotShow) {
  VideoRecord record = Processing(0.1, true);
  record.row.copy = CopyVerdict{.reasons = {{.code = "codec", .message = "why"}}, .tracks = {1}};
  EXPECT_FALSE(ViewOf(record).playable);
  record.progress->growth = Growth{.output = record.row.upload, .steps = 1};
  EXPECT_TRUE(ViewOf(record).playable);
}

TEST(ViewOf, CallsARenditionProcessingOnlyWhileAWorkerLives) {
  EXPECT_EQ(ViewOf(Processing(0.5, true)).renditions[0].state, RenditionState::kProcessing);
  EXPECT_EQ(ViewOf(Processing(0.5, false)).renditions[0].state, RenditionState::kWaiting);
}

TEST(ViewOf, IsReadyAndPlayableWithAPresentation) {
  VideoRecord record = Processing(std::nullopt, false);
  record.row.presentation = StoredPresentation{.output = record.row.upload, .digest = {}};
  record.row.renditions[0].codec = "avc1.64001f";
  const VideoView view = ViewOf(record);
  EXPECT_EQ(view.state, VideoState::kReady);
  EXPECT_TRUE(view.playable);
  EXPECT_EQ(view.progress, 1);
  EXPECT_EQ(view.renditions[0].state, RenditionState::kReady);
}

TEST(ViewOf, IsReadyWithoutTheSoundThatCouldNotBeDecoded) {
  VideoRecord record = Processing(std::nullopt, false);
  record.row.presentation = StoredPresentation{.output = record.row.upload, .digest = {}};
  record.row.renditions = {{.id = "v720", .codec = "avc1.64001f"},
                           {.id = "a0", .kind = media::Kind::kAudio}};
  const VideoView view = ViewOf(record);
  EXPECT_EQ(view.state, VideoState::kReady);
  EXPECT_EQ(view.renditions[0].state, RenditionState::kReady);
  EXPECT_EQ(view.renditions[1].state, RenditionState::kFailed);
}

TEST(ViewOf, StaysWhereItFailed) {
  VideoRecord record = Processing(std::nullopt, false);
  record.row.failure = Failure{.code = "c", .message = "m"};
  record.row.failed_at_progress = 0.7;
  const VideoView view = ViewOf(record);
  EXPECT_EQ(view.state, VideoState::kFailed);
  EXPECT_FALSE(view.playable);
  EXPECT_EQ(view.progress, 0.7);
  EXPECT_EQ(view.renditions[0].state, RenditionState::kFailed);
}

TEST(ViewOf, HasAWordForEveryState) {
  EXPECT_EQ(ToString(VideoState::kUploading), "uploading");
  EXPECT_EQ(ToString(VideoState::kProcessing), "processing");
  EXPECT_EQ(ToString(VideoState::kReady), "ready");
  EXPECT_EQ(ToString(VideoState::kFailed), "failed");
  EXPECT_EQ(ToString(RenditionState::kWaiting), "waiting");
  EXPECT_EQ(ToString(RenditionState::kProcessing), "processing");
  EXPECT_EQ(ToString(RenditionState::kReady), "ready");
  EXPECT_EQ(ToString(RenditionState::kFailed), "failed");
}

TEST(IsAbandoned, HoldsOnlyForAnUploadThatNobodySends) {
  VideoRecord record = Uploading(1, 2);
  EXPECT_FALSE(IsAbandoned(record));
  record.open.reset();
  EXPECT_TRUE(IsAbandoned(record));
  record.row.failure = Failure{};
  EXPECT_FALSE(IsAbandoned(record));
  EXPECT_FALSE(IsAbandoned(Processing(std::nullopt, false)));
}

TEST(Owns, TheSourceTheOutputAndTheAttemptUnderWayAndNothingElse) {
  const UploadId output = *UploadId::Parse("outputoutp0");
  const UploadId other = *UploadId::Parse("otherother0");
  VideoRecord record = Uploading(1, 2);
  EXPECT_TRUE(Owns(record, record.row.upload));
  EXPECT_FALSE(Owns(record, output));
  // The upload may still commit: only the removal of its row ends that.
  record.open.reset();
  EXPECT_TRUE(Owns(record, record.row.upload));

  const VideoRecord claimed = Processing(0.5, true);
  EXPECT_TRUE(Owns(claimed, claimed.row.upload));
  EXPECT_TRUE(Owns(claimed, output));
  EXPECT_FALSE(Owns(claimed, other));

  VideoRecord ready = Processing(std::nullopt, false);
  ready.row.presentation = StoredPresentation{.output = output, .digest = {}};
  EXPECT_TRUE(Owns(ready, output));
  EXPECT_FALSE(Owns(ready, other));

  VideoRecord refused = Uploading(1, 2);
  refused.row.failure = Failure{};
  EXPECT_FALSE(Owns(refused, refused.row.upload));
}

}  // namespace
}  // namespace tritontube::catalog
