#include "services/verification/scrubber.h"

#include "support/published_videos.h"

namespace tritontube::verification {
namespace {

// A clock that stands still until it is told otherwise.
class StoppedClock final : public Clock {
 public:
  WallTime WallNow() const override { return now; }
  SteadyTime SteadyNow() const override { return {}; }
  WallTime now{std::chrono::hours(500'000)};
};

class ScrubberTest : public support::PublishedVideos {
 protected:
  static constexpr std::chrono::hours kPeriod{100};

  // A scrubber as after a start, until it has nothing to do.
  void RunUntilIdle() {
    Scrubber scrubber(
        {.catalog = catalog_, .store = store_, .watched = watched_, .log = log_, .clock = time_},
        {.period = kPeriod});
    RunUntilIdle(scrubber);
  }
  void RunUntilIdle(Scrubber& scrubber) {
    for (int steps = 0; steps < 1000; ++steps) {
      EXPECT_TRUE(Value(scrubber.Advance()).has_value());
      if (!log_.state().started) return;
    }
    ADD_FAILURE() << "the pass did not end";
  }
  std::vector<blob::BlobKey> DamagedKeys() {
    std::vector<blob::BlobKey> keys;
    for (const Finding& finding : log_.findings()) keys.push_back(finding.damage.key);
    return keys;
  }
  std::size_t Reads() { return store_.call_count(support::MemoryBlobStore::Operation::kGet); }

  StoppedClock time_;
  WatchedBlobStore watched_{store_};
  DamageLog log_{coordination_};
};

TEST_F(ScrubberTest, FindsWhatIsDamagedAndSaysWhenItWasDone) {
  PublishedVideo();
  const Published video = PublishedVideo("poster.jpg");
  store_.Corrupt(video.Source());
  RunUntilIdle();
  std::vector<blob::BlobKey> expected = {video.Source(), video.Output("poster.jpg")};
  std::ranges::sort(expected);
  EXPECT_EQ(DamagedKeys(), expected);
  EXPECT_EQ(log_.state().last_ended, time_.now);
  EXPECT_GT(log_.state().last_checked_bytes, 0U);
}

TEST_F(ScrubberTest, BeginsAgainWhenThePeriodIsOverAndNotBefore) {
  PublishedVideo();
  RunUntilIdle();
  const std::size_t reads = Reads();
  RunUntilIdle();
  EXPECT_EQ(Reads(), reads);
  time_.now += kPeriod;
  RunUntilIdle();
  EXPECT_GT(Reads(), reads);
}

TEST_F(ScrubberTest, GoesOnAfterARestartAndStillReportsWhatItFound) {
  const Published video = PublishedVideo();
  store_.Corrupt(video.Output("poster.jpg"));
  RunUntilIdle();
  ASSERT_EQ(log_.findings().size(), 1U);
  DamageLog restarted(coordination_);
  ASSERT_TRUE(Value(restarted.Load(Deadline::Never())).has_value());
  EXPECT_EQ(restarted.findings(), log_.findings());
  EXPECT_EQ(restarted.state(), log_.state());
}

TEST_F(ScrubberTest, APassThatWasInterruptedGoesOnBehindWhatItHadChecked) {
  const Published video = PublishedVideo();
  std::vector<blob::BlobKey> keys;
  for (const auto& item : Value(store_.Scan({}, Deadline::Never()))->items) {
    keys.push_back(item.key);
  }
  ASSERT_TRUE(Value(log_.SaveState({.started = time_.now, .position = keys[3]}, Deadline::Never()))
                  .has_value());
  store_.Corrupt(keys[1]);
  store_.Corrupt(keys[4]);
  RunUntilIdle();
  EXPECT_EQ(DamagedKeys(), std::vector{keys[4]});
}

TEST_F(ScrubberTest, LooksAtWhatAViewerMetWithoutWaitingForTheNextPass) {
  const Published video = PublishedVideo();
  RunUntilIdle();
  Scrubber scrubber(
      {.catalog = catalog_, .store = store_, .watched = watched_, .log = log_, .clock = time_},
      {.period = kPeriod});
  store_.Corrupt(video.Output("a0-00001.m4s"));
  EXPECT_FALSE(
      Value(watched_.GetWhole(video.Output("a0-00001.m4s"), Deadline::Never())).has_value());
  RunUntilIdle(scrubber);
  EXPECT_EQ(DamagedKeys(), std::vector{video.Output("a0-00001.m4s")});
}

TEST_F(ScrubberTest, ForgetsWhatWasDamagedOfAVideoThatIsDeleted) {
  const Published video = PublishedVideo();
  store_.Corrupt(video.Source());
  RunUntilIdle();
  ASSERT_EQ(log_.findings().size(), 1U);
  ASSERT_TRUE(Value(catalog_.Delete(video.id, Deadline::Never())).has_value());
  RunUntilIdle();
  EXPECT_TRUE(log_.findings().empty());
}

TEST_F(ScrubberTest, RestsWhileOthersUseTheStore) {
  PublishedVideo();
  Scrubber scrubber(
      {.catalog = catalog_, .store = store_, .watched = watched_, .log = log_, .clock = time_},
      {.period = kPeriod});
  const auto quiet = Value(scrubber.Advance());
  const auto read = Value(watched_.Get(PublishedVideo().Source(), {}, Deadline::Never()));
  ASSERT_TRUE(read.has_value());
  const auto busy = Value(scrubber.Advance());
  ASSERT_TRUE(quiet.has_value() && busy.has_value());
  EXPECT_GT(*busy, *quiet);
}

TEST_F(ScrubberTest, TriesAgainWhenTheStoreDoesNotAnswer) {
  PublishedVideo();
  Scrubber scrubber(
      {.catalog = catalog_, .store = store_, .watched = watched_, .log = log_, .clock = time_},
      {.period = kPeriod});
  store_.FailNext(support::MemoryBlobStore::Operation::kGet,
                  Error(ErrorCode::kUnavailable, "the disk does not answer"));
  EXPECT_FALSE(Value(scrubber.Advance()).has_value());
  RunUntilIdle(scrubber);
  EXPECT_TRUE(log_.findings().empty());
}

}  // namespace
}  // namespace tritontube::verification
