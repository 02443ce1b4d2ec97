#include "domain/jobs/job_board.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "domain/catalog/codec.h"
#include "support/moments.h"

namespace tritontube::jobs {
namespace {

using coordination::Event;
using std::chrono_literals::operator""ms;
using support::kNow;
using testing::ElementsAre;

constexpr WallTime kLater = kNow + 1000ms;

class JobBoardTest : public ::testing::Test {
 protected:
  struct Video {
    VideoId id;
    WallTime created;

    std::string key() const { return catalog::JobKey(created, id); }
  };

  // Its job has come.
  Video NewJob(std::chrono::milliseconds created, WallTime not_before = {}) {
    const Video video{VideoId::Generate(random_), WallTime(created)};
    Put(video, not_before);
    return video;
  }
  void Put(const Video& video, WallTime not_before = {}) {
    const catalog::JobRow job{
        .video = video.id, .created = video.created, .not_before = not_before};
    Tell(video.key(), catalog::Encode(job));
  }
  void Tell(std::string key, std::string value) {
    board_.Apply(
        {.item = {.key = std::move(key), .value = std::move(value), .modified = ++revision_}});
  }
  void Remove(std::string key) {
    board_.Apply(
        {.kind = Event::Kind::kDelete, .item = {.key = std::move(key), .modified = ++revision_}});
  }
  void Claim(const VideoId& id) {
    Tell(catalog::ClaimKey(id),
         catalog::Encode(catalog::JobClaim{.output = UploadId::Generate(random_)}));
  }
  void Unclaim(const VideoId& id) { Remove(catalog::ClaimKey(id)); }

  JobBoard::Choice Choose(WallTime now = kNow) { return board_.Choose(now, 1, random_); }
  // What is chosen and claimed, one after the other.
  std::vector<VideoId> TakeAll(WallTime now = kNow) {
    std::vector<VideoId> taken;
    for (auto choice = Choose(now); choice.pick; choice = Choose(now)) {
      taken.push_back(choice.pick->video);
      Claim(choice.pick->video);
    }
    return taken;
  }

  SeededRandom random_{7};
  JobBoard board_;
  coordination::Revision revision_ = 0;
};

TEST_F(JobBoardTest, OffersTheOldestFirst) {
  const Video third = NewJob(3ms);
  const Video first = NewJob(1ms);
  const Video second = NewJob(2ms);
  EXPECT_THAT(TakeAll(), ElementsAre(first.id, second.id, third.id));
}

TEST_F(JobBoardTest, NamesTheRowThatWasLookedAt) {
  const Video video = NewJob(1ms);
  EXPECT_EQ(Choose().pick->key, video.key());
  EXPECT_EQ(Choose().pick->modified, revision_);
  Put(video);
  EXPECT_EQ(Choose().pick->modified, revision_);
}

TEST_F(JobBoardTest, HasNothingToOfferWhenThereIsNothing) {
  EXPECT_FALSE(Choose().pick);
  EXPECT_EQ(Choose().next_due, std::nullopt);
}

TEST_F(JobBoardTest, PassesOverWhatIsNotDueAndTellsWhenTheFirstWillBe) {
  const Video last = NewJob(1ms, kNow + 2ms);
  const Video next = NewJob(2ms, kNow + 1ms);
  const Video now = NewJob(3ms, kNow);
  EXPECT_THAT(TakeAll(), ElementsAre(now.id));
  EXPECT_EQ(Choose().next_due, kNow + 1ms);
  EXPECT_THAT(TakeAll(kNow + 1ms), ElementsAre(next.id));
  EXPECT_EQ(Choose(kNow + 1ms).next_due, kNow + 2ms);
  EXPECT_THAT(TakeAll(kNow + 2ms), ElementsAre(last.id));
}

TEST_F(JobBoardTest, OffersNothingThatSomebodyHas) {
  const Video theirs = NewJob(1ms);
  const Video free = NewJob(2ms);
  Claim(theirs.id);
  EXPECT_THAT(TakeAll(), ElementsAre(free.id));
  EXPECT_EQ(Choose().next_due, std::nullopt);
}

TEST_F(JobBoardTest, KnowsAClaimThatItHeardOfBeforeTheJob) {
  const Video video{VideoId::Generate(random_), WallTime(1ms)};
  Claim(video.id);
  Put(video);
  EXPECT_FALSE(Choose().pick);
}

TEST_F(JobBoardTest, PassesOverRowsThatAreDamaged) {
  const VideoId id = VideoId::Generate(random_);
  Tell(catalog::JobKey(WallTime(), id), "?");
  Tell("job/?", "?");
  EXPECT_FALSE(Choose().pick);
  const Video whole = NewJob(1ms);
  EXPECT_THAT(TakeAll(), ElementsAre(whole.id));
  Remove(catalog::JobKey(WallTime(), id));
  EXPECT_FALSE(Choose().pick);
}

TEST_F(JobBoardTest, ForgetsAJobThatIsDone) {
  const Video video = NewJob(1ms);
  Claim(video.id);
  Remove(video.key());
  Unclaim(video.id);
  EXPECT_FALSE(Choose(kLater).pick);
  EXPECT_EQ(Choose(kLater).next_due, std::nullopt);
}

TEST_F(JobBoardTest, OffersAJobAgainAMomentAfterItsWorkerHasDied) {
  const Video video = NewJob(1ms);
  Claim(video.id);
  Unclaim(video.id);
  EXPECT_FALSE(Choose().pick);
  EXPECT_EQ(Choose().next_due, kNow + 100ms);
  EXPECT_EQ(Choose(kNow + 100ms).pick->video, video.id);
}

// The claim's end is heard of first.
TEST_F(JobBoardTest, DoesNotOfferAJobThatIsDoneWhenItsRowIsStillThere) {
  const Video video = NewJob(1ms);
  Claim(video.id);
  Unclaim(video.id);
  EXPECT_FALSE(Choose().pick);
  Remove(video.key());
  EXPECT_FALSE(Choose(kLater).pick);
}

TEST_F(JobBoardTest, OffersAJobThatWasGivenBackAtOnceInWhicheverOrderItIsHeard) {
  const Video row_first = NewJob(1ms);
  Claim(row_first.id);
  Put(row_first);
  --revision_;  // Both are of one transaction.
  Unclaim(row_first.id);
  EXPECT_THAT(TakeAll(), ElementsAre(row_first.id));

  const Video claim_first = NewJob(2ms);
  Claim(claim_first.id);
  Unclaim(claim_first.id);
  EXPECT_FALSE(Choose().pick);
  Put(claim_first);
  EXPECT_THAT(TakeAll(), ElementsAre(claim_first.id));
}

TEST_F(JobBoardTest, WaitsForTheTimeOfAJobThatFailed) {
  const Video video = NewJob(1ms);
  Claim(video.id);
  Unclaim(video.id);
  Put(video, kLater);
  EXPECT_EQ(Choose(kNow + 500ms).next_due, kLater);
  EXPECT_EQ(Choose(kLater).pick->video, video.id);
}

TEST_F(JobBoardTest, LeavesWhatWasTakenAloneUntilSomethingIsHeard) {
  const Video video = NewJob(1ms);
  const auto pick = *Choose().pick;
  board_.Take(pick);
  EXPECT_FALSE(Choose().pick);
  Put(video);
  EXPECT_TRUE(Choose().pick);
  board_.Take(pick);  // Late: more has been heard since.
  EXPECT_TRUE(Choose().pick);
}

TEST_F(JobBoardTest, OffersAJobAgainWhoseClaimDidNotHappen) {
  const Video video = NewJob(1ms);
  const auto pick = *Choose().pick;
  board_.Take(pick);
  board_.Untake(pick);
  EXPECT_TRUE(Choose().pick);
  Remove(video.key());
  board_.Untake(pick);
  board_.Take(pick);
  EXPECT_FALSE(Choose().pick);
}

TEST_F(JobBoardTest, SpreadsThoseWhoChooseAtTheSameMomentOverTheOldest) {
  std::vector<VideoId> videos;
  videos.reserve(20);
  for (int i = 0; i < 20; ++i) videos.push_back(NewJob(std::chrono::milliseconds(i)).id);
  std::set<VideoId> chosen;
  for (int i = 0; i < 200; ++i) chosen.insert(board_.Choose(kNow, 8, random_).pick->video);
  EXPECT_EQ(chosen, std::set<VideoId>(videos.begin(), videos.begin() + 8));
}

// After a reload the watch tells once more what was read already.
TEST_F(JobBoardTest, BearsToHearThingsTwice) {
  const Video video = NewJob(1ms);
  Claim(video.id);
  const coordination::Revision claimed = revision_;
  revision_ = 0;
  Put(video);
  EXPECT_FALSE(Choose().pick);
  revision_ = claimed;
  Unclaim(video.id);
  Unclaim(video.id);
  EXPECT_FALSE(Choose().pick);
  EXPECT_TRUE(Choose(kLater).pick);
}

}  // namespace
}  // namespace tritontube::jobs
