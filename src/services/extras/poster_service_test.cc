#include "services/extras/poster_service.h"

#include "domain/catalog/view.h"
#include "services/extras/ready_video_test.h"

namespace tritontube::extras {
namespace {

const std::string kPng("\x89PNG\r\n\x1A\n and so on");

class PosterServiceTest : public ReadyVideoTest {
 protected:
  Added TakeFrame(const VideoId& id, double seconds) {
    return Value(service_.TakeFrame(id, seconds, Deadline::After(std::chrono::seconds(30))));
  }
  Added TakePicture(const VideoId& id, std::string picture) {
    return Value(
        service_.TakePicture(id, std::move(picture), Deadline::After(std::chrono::seconds(30))));
  }
  std::string Poster(const VideoId& id) {
    const auto poster = Found(id).row.extras.poster;
    if (!poster) return "none";
    return Value(store_.GetWhole({id, *poster, catalog::ChosenPosterFile(*poster)},
                                 Deadline::Never()))
        .value()
        .Flatten();
  }

  PosterService service_{
      {.catalog = catalog_, .store = store_, .lease = lease_, .random = random_, .space = space_},
      *scratch_,
      extra_tools_};
};

TEST_F(PosterServiceTest, TakesTheMomentFromTheOneSegmentThatShowsIt) {
  const VideoId id = ReadyVideo(3);
  ASSERT_TRUE(TakeFrame(id, 5.5).has_value());
  EXPECT_EQ(Poster(id), "a still");
  EXPECT_EQ(extra_tools_.file_text, "v360: 1 ");
  EXPECT_EQ(extra_tools_.stills.back(), 5.5);
  EXPECT_EQ(scratch_->reserved_bytes(), 0U);
}

TEST_F(PosterServiceTest, TakesTheLastPictureAtTheVeryEnd) {
  const VideoId id = ReadyVideo(3);
  ASSERT_TRUE(TakeFrame(id, 12).has_value());
  EXPECT_EQ(extra_tools_.file_text, "v360: 2 ");
  EXPECT_NEAR(extra_tools_.stills.back(), 11.96, 1e-9);
}

TEST_F(PosterServiceTest, RunsNoToolWhenTheDiskHasNoRoom) {
  const VideoId id = ReadyVideo(3);
  store_.SetFree(1000);
  const std::size_t stills = extra_tools_.stills.size();
  for (const Added& added : {TakeFrame(id, 1), TakePicture(id, kPng)}) {
    ASSERT_TRUE(added.has_value() && added->has_value());
    EXPECT_EQ((*added)->free, 1000U);
  }
  EXPECT_EQ(extra_tools_.stills.size(), stills);
  EXPECT_EQ(Poster(id), "none");
  EXPECT_EQ(space_.reserved_bytes(), 0U);
}

TEST_F(PosterServiceTest, RefusesMomentsThatThereAreNot) {
  const VideoId id = ReadyVideo(3);
  for (const double seconds : {-0.1, 12.1, std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(TakeFrame(id, seconds).error().code(), ErrorCode::kInvalidArgument) << seconds;
  }
  EXPECT_EQ(TakeFrame(ReadyVideo(3, false), 1).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(TakeFrame(CommittedVideo(), 1).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(TakeFrame(VideoId::Generate(random_), 1).error().code(), ErrorCode::kNotFound);
}

TEST_F(PosterServiceTest, MakesAPictureAnewAndNeverKeepsWhatWasSent) {
  const VideoId id = CommittedVideo();
  ASSERT_TRUE(TakePicture(id, kPng).has_value());
  EXPECT_EQ(extra_tools_.file_text, kPng);
  EXPECT_EQ(Poster(id), "a picture made anew");
}

TEST_F(PosterServiceTest, RefusesWhatIsNoPictureBeforeAToolSeesIt) {
  const VideoId id = CommittedVideo();
  for (const std::string picture :
       {"", "<svg onload=alert(1)>", "#EXTM3U\n/etc/passwd", "GIF89a"}) {
    EXPECT_EQ(TakePicture(id, picture).error().code(), ErrorCode::kInvalidArgument) << picture;
  }
  EXPECT_EQ(extra_tools_.file_text, "");
  EXPECT_EQ(TakePicture(VideoId::Generate(random_), kPng).error().code(), ErrorCode::kNotFound);
}

TEST_F(PosterServiceTest, PassesOnWhyAPictureCannotBeMade) {
  const VideoId id = CommittedVideo();
  extra_tools_.failures = {Error(ErrorCode::kInvalidArgument, "the file is damaged")};
  EXPECT_EQ(TakePicture(id, kPng).error().message(), "the file is damaged");
  EXPECT_EQ(Poster(id), "none");
}

}  // namespace
}  // namespace tritontube::extras
