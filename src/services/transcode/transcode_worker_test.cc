#include "services/transcode/transcode_worker.h"

#include "foundation/async/sleep.h"
#include "services/space/needs.h"
#include "services/transcode/worker_fixture_test.h"

namespace tritontube::transcode {
namespace {

TEST_F(TranscodeWorkerTest, PublishesWhatItHasStored) {
  const VideoId id = CommittedVideo();
  WorkUntil([this] { return witness_.done == 1; });

  const catalog::VideoRecord record = Found(id);
  ASSERT_TRUE(record.row.presentation.has_value());
  EXPECT_TRUE(record.row.presentation->has_poster);
  EXPECT_EQ(record.row.facts.height, 540);
  for (const media::Rendition& rendition : PresentationOf(id).renditions) {
    EXPECT_EQ(rendition.segments.size(), 2U) << rendition.id;
  }
  EXPECT_EQ(scratch_->reserved_bytes(), 0U);
}

TEST_F(TranscodeWorkerTest, WaitsForRoomAndDoesNotBlameTheFile) {
  const VideoId id = CommittedVideo();
  store_.SetFree(1000);
  WorkUntil([this] { return witness_.retried >= 3; });
  EXPECT_FALSE(Found(id).row.failure.has_value());
  EXPECT_EQ(prober_.call_count, 0) << "nothing begins without room";
  store_.SetFree(ByteCount{1} << 30U);
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_EQ(Value(space_.Measure(Deadline::Never()))->reserved_bytes, 0U);
}

TEST_F(TranscodeWorkerTest, KeepsTheRoomForTheNextAttempt) {
  encoder_.failures.assign(100, Error(ErrorCode::kUnavailable, "no process could be started"));
  CommittedVideo();
  WorkUntil([this] { return witness_.retried >= 1; });
  EXPECT_EQ(Value(space_.Measure(Deadline::Never()))->reserved_bytes,
            space::TranscodeNeed(std::string("the original").size()));
}

TEST_F(TranscodeWorkerTest, MakesTheExtrasWhenTheVideoIsReadyAlready) {
  const VideoId id = CommittedVideo();
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_EQ(witness_.done, 1);
  EXPECT_EQ(Found(id).row.extras.loudness, extra_tools_.loudness);
  EXPECT_EQ(Found(id).row.extras.ssim.at("v540"), extra_tools_.ssim);
  EXPECT_FALSE(Found(id).claim.has_value());
}

// The worker is stopped between the two: the next one does not encode again.
TEST_F(TranscodeWorkerTest, MakesTheExtrasOfAVideoThatAnotherWorkerHasPublished) {
  const VideoId id = CommittedVideo();
  extra_tools_.failures = {Error(ErrorCode::kUnavailable, "no process could be started")};
  WorkUntil([this] { return witness_.extras == 1; });
  EXPECT_EQ(encoder_.call_count, 1);
  EXPECT_EQ(witness_.retried, 1);
  EXPECT_NE(Found(id).row.extras.storyboard, Found(id).row.presentation->output);
  EXPECT_EQ(Found(id).row.extras.ssim.at("v540"), extra_tools_.ssim);
}

TEST_F(TranscodeWorkerTest, IsReadyWithoutAPosterWhenNoneCanBeMade) {
  encoder_.poster_failure = Error(ErrorCode::kInternal, "no picture could be made");
  const VideoId id = CommittedVideo();
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_FALSE(Found(id).row.presentation->has_poster);
}

TEST_F(TranscodeWorkerTest, FailsTheVideoWithTheCauseWhenTheFileIsAtFault) {
  prober_.answer = Fail(ErrorCode::kInvalidArgument, "The file breaks off.");
  const VideoId id = CommittedVideo();
  WorkUntil([this] { return witness_.failed == 1; });
  ASSERT_TRUE(Found(id).row.failure.has_value());
  EXPECT_EQ(Found(id).row.failure->message, "The file breaks off.");
  EXPECT_EQ(witness_.started, 1);
}

TEST_F(TranscodeWorkerTest, TriesTheToolAgainAndThenGivesUp) {
  encoder_.failures.assign(5, Error(ErrorCode::kInternal, "ffmpeg crashed"));
  const VideoId id = CommittedVideo();
  WorkUntil([this] { return witness_.failed == 1; });
  EXPECT_EQ(encoder_.call_count, 2);
  EXPECT_TRUE(Found(id).row.failure.has_value());
}

TEST_F(TranscodeWorkerTest, NeverBlamesTheFileForTheMachine) {
  encoder_.failures.assign(6, Error(ErrorCode::kUnavailable, "no process could be started"));
  const VideoId id = CommittedVideo();
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_EQ(witness_.retried, 6);
  EXPECT_TRUE(Found(id).row.presentation.has_value());
}

TEST_F(TranscodeWorkerTest, FailsTheVideoWhenAPartOfItsOriginalIsMissing) {
  const VideoId id = CommittedVideo();
  const auto removed = Value(store_.RemoveUpload(id, Found(id).row.upload, Deadline::Never()));
  ASSERT_TRUE(removed.has_value());
  WorkUntil([this] { return witness_.failed == 1; });
  EXPECT_NE(Found(id).row.failure->message.find("original"), std::string::npos);
}

// Deletes the video while it is encoded, and then encodes until it is stopped.
async::Task<Result<void>> DeleteAndGoOn(catalog::Catalog* catalog, VideoId id, bool* stopped,
                                        async::Event* changed) {
  const auto deleted = co_await catalog->Delete(id, Deadline::Never());
  EXPECT_TRUE(deleted.has_value());
  co_await async::Sleep(std::chrono::hours(1));
  *stopped = co_await async::IsCancelled();
  changed->Notify();
  co_return Fail(ErrorCode::kCancelled, "the work was stopped");
}

TEST_F(TranscodeWorkerTest, StopsWhenTheVideoIsDeletedMeanwhile) {
  const VideoId id = CommittedVideo();
  bool stopped = false;
  encoder_.before_segment = [&] {
    return DeleteAndGoOn(&catalog_, id, &stopped, &witness_.changed);
  };
  WorkUntil([&] { return stopped; });
  EXPECT_EQ(witness_.done + witness_.failed, 0);
  EXPECT_TRUE(Listed().empty());
}

async::Task<Result<void>> WaitForEver(async::Event* waiting) {
  waiting->Notify();
  co_await async::Sleep(std::chrono::hours(1));
  co_return Fail(ErrorCode::kCancelled, "the work was stopped");
}

TEST_F(TranscodeWorkerTest, GivesTheJobBackUnchangedWhenItIsStopped) {
  const VideoId id = CommittedVideo();
  encoder_.before_segment = [this] { return WaitForEver(&witness_.changed); };
  WorkUntil([this] { return encoder_.call_count == 1; });
  EXPECT_FALSE(Found(id).claim.has_value());
  EXPECT_EQ(witness_.failed + witness_.retried, 0);

  encoder_.before_segment = nullptr;
  WorkUntil([this] { return witness_.done == 1; });
  EXPECT_TRUE(Found(id).row.presentation.has_value());
}

}  // namespace
}  // namespace tritontube::transcode
