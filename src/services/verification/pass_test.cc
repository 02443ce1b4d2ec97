#include "services/verification/pass.h"

#include "domain/manifest/growth.h"
#include "support/published_videos.h"

namespace tritontube::verification {
namespace {

class PassTest : public support::PublishedVideos {
 protected:
  struct Outcome {
    ByteCount bytes = 0;
    std::vector<blob::BlobKey> finished = {};
    std::vector<Damage> damage = {};
  };

  Outcome RunToTheEnd(Pass& pass) {
    Outcome outcome;
    for (;;) {
      const Result<std::optional<Step>> step = Value(pass.Next(Deadline::Never()));
      EXPECT_TRUE(step.has_value()) << step.error().message();
      if (!step || !*step) return outcome;
      outcome.bytes += (*step)->bytes;
      if ((*step)->finished) outcome.finished.push_back(*(*step)->finished);
      if ((*step)->damage) outcome.damage.push_back(*(*step)->damage);
    }
  }
  Outcome Run(Pass::Scope scope = {}) {
    Pass pass(catalog_, store_, std::move(scope));
    return RunToTheEnd(pass);
  }
};

TEST_F(PassTest, ReadsEveryStoredByteOfEveryVideoInTheOrderOfTheKeys) {
  PublishedVideo();
  PublishedVideo();
  CommittedVideo();
  const Outcome outcome = Run();
  EXPECT_TRUE(outcome.damage.empty());
  EXPECT_EQ(outcome.finished.size(), store_.blob_count());
  EXPECT_TRUE(std::ranges::is_sorted(outcome.finished));
  ByteCount stored = 0;
  for (const auto& item : Value(store_.Scan({}, Deadline::Never()))->items)
    stored += item.stat.size;
  EXPECT_EQ(outcome.bytes, stored);
}

TEST_F(PassTest, ReadsOneVideoOnly) {
  PublishedVideo();
  const Published video = PublishedVideo();
  const Outcome outcome = Run({.only = video.id});
  EXPECT_EQ(outcome.finished.size(), kBlobsOfVideo);
  for (const blob::BlobKey& key : outcome.finished) EXPECT_EQ(key.video, video.id);
}

TEST_F(PassTest, MissesAStepOfATranscodeThatIsBeingWatched) {
  const VideoId id = CommittedVideo();
  const jobs::ClaimedJob claimed = Value(ClaimedJob());
  std::vector<blob::Blob> batch;
  batch.push_back({.key = {id, claimed.output, manifest::GrowthFileName(1)},
                   .bytes = blob::Bytes(std::string("a step"))});
  ASSERT_TRUE(Value(store_.Put(std::move(batch), Deadline::Never())).has_value());
  const auto grown = Value(catalog_.Grow(id, claimed.output, {.output = claimed.output, .steps = 2},
                                         std::nullopt, Deadline::Never()));
  ASSERT_TRUE(grown.has_value());
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.damage.size(), 1U);
  EXPECT_EQ(outcome.damage.front().kind, Damage::Kind::kMissing);
  EXPECT_EQ(outcome.damage.front().key.file, manifest::GrowthFileName(2));
}

TEST_F(PassTest, FindsWhatIsCorruptAndGoesOn) {
  const Published video = PublishedVideo();
  store_.Corrupt(video.Output("a0-00001.m4s"));
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.damage.size(), 1U);
  EXPECT_EQ(outcome.damage.front().key, video.Output("a0-00001.m4s"));
  EXPECT_EQ(outcome.damage.front().kind, Damage::Kind::kCorrupt);
  EXPECT_EQ(outcome.finished.size(), kBlobsOfVideo);
}

TEST_F(PassTest, FindsWhatIsListedButNotStored) {
  for (const std::string lost :
       {"a0-00001.m4s", "a0-init.mp4", "poster.jpg", "presentation.json"}) {
    const Published video = PublishedVideo(lost);
    const Outcome outcome = Run({.only = video.id});
    ASSERT_EQ(outcome.damage.size(), 1U) << lost;
    EXPECT_EQ(outcome.damage.front().key, video.Output(lost));
    EXPECT_EQ(outcome.damage.front().kind, Damage::Kind::kMissing);
  }
}

TEST_F(PassTest, FindsWhatIsMissingOfWhatAVideoHasBesidesItsPresentation) {
  const UploadId captions = UploadId::Generate(random_);
  const UploadId poster = UploadId::Generate(random_);
  const UploadId attempt = UploadId::Generate(random_);
  const Published video = PublishedVideo("", attempt);
  ASSERT_TRUE(Value(catalog_.FinishExtras(video.id, attempt,
                                          {.storyboard = attempt, .storyboard_sheets = 1},
                                          Deadline::Never()))
                  .has_value());
  for (const UploadId& extra : {captions, poster}) {
    ASSERT_TRUE(
        Value(catalog_.BeginExtra(video.id, extra, lease_.lease(), Deadline::Never())).has_value());
  }
  ASSERT_TRUE(Value(catalog_.SetCaption(video.id,
                                        {.language = "en", .label = "English", .upload = captions},
                                        Deadline::Never()))
                  .has_value());
  ASSERT_TRUE(Value(catalog_.SetPoster(video.id, poster, Deadline::Never())).has_value());

  std::set<blob::BlobKey> missing;
  for (const Damage& damage : Run({.only = video.id}).damage) {
    EXPECT_EQ(damage.kind, Damage::Kind::kMissing);
    missing.insert(damage.key);
  }
  EXPECT_EQ(missing, (std::set<blob::BlobKey>{
                         {video.id, captions, "captions-en-" + captions.text() + ".vtt"},
                         {video.id, poster, "poster-" + poster.text() + ".jpg"},
                         {video.id, attempt, "storyboard.vtt"},
                         {video.id, attempt, "storyboard-001.jpg"}}));
}

TEST_F(PassTest, FindsAPartOfTheOriginalThatIsMissing) {
  const VideoId id = CommittedVideo();
  const UploadId upload = Found(id).row.upload;
  ASSERT_TRUE(Value(store_.RemoveUpload(id, upload, Deadline::Never())).has_value());
  const Outcome outcome = Run();
  ASSERT_EQ(outcome.damage.size(), 1U);
  EXPECT_EQ(outcome.damage.front().kind, Damage::Kind::kMissing);
}

// A blob that is whole by itself and still not what the row says.
TEST_F(PassTest, FindsAnOriginalThatIsNotTheOneThatWasCommitted) {
  for (const std::string other : {"another one", "the 0riginal"}) {
    const VideoId id = CommittedVideo();
    const UploadId upload = Found(id).row.upload;
    ASSERT_TRUE(Value(store_.RemoveUpload(id, upload, Deadline::Never())).has_value());
    std::vector<blob::Blob> batch;
    batch.push_back({.key = {id, upload, sources::PartFileName(0)}, .bytes = blob::Bytes(other)});
    ASSERT_TRUE(Value(store_.Put(std::move(batch), Deadline::Never())).has_value());
    const Outcome outcome = Run({.only = id});
    ASSERT_EQ(outcome.damage.size(), 1U) << other;
    EXPECT_EQ(outcome.damage.front().kind, Damage::Kind::kCorrupt);
  }
}

TEST_F(PassTest, DoesNotCallDamageWhatADeletedVideoNoLongerNeeds) {
  const Published video = PublishedVideo();
  Pass pass(catalog_, store_, {});
  ASSERT_TRUE(Value(pass.Next(Deadline::Never())).has_value());
  ASSERT_TRUE(Value(catalog_.Delete(video.id, Deadline::Never())).has_value());
  for (const UploadId& upload : {video.upload, video.output}) {
    ASSERT_TRUE(Value(store_.RemoveUpload(video.id, upload, Deadline::Never())).has_value());
  }
  EXPECT_TRUE(RunToTheEnd(pass).damage.empty());
}

TEST_F(PassTest, GoesOnBehindWhereAnEarlierOneStopped) {
  PublishedVideo();
  PublishedVideo();
  const Outcome whole = Run();
  for (std::size_t i = 0; i < whole.finished.size(); ++i) {
    const Outcome rest = Run({.after = whole.finished[i]});
    EXPECT_EQ(rest.finished,
              std::vector(whole.finished.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                          whole.finished.end()));
    EXPECT_TRUE(rest.damage.empty());
  }
}

TEST_F(PassTest, AStepThatFailsMayBeTriedAgain) {
  using Operation = support::MemoryBlobStore::Operation;
  const Published video = PublishedVideo("a0-00001.m4s");
  Pass pass(catalog_, store_, {});
  Outcome outcome;
  for (const Operation operation : {Operation::kScan, Operation::kStat, Operation::kGet}) {
    store_.FailNext(operation, Error(ErrorCode::kUnavailable, "the disk does not answer"));
    const auto step = Value(pass.Next(Deadline::Never()));
    ASSERT_FALSE(step.has_value());
    EXPECT_EQ(step.error().code(), ErrorCode::kUnavailable);
  }
  outcome = RunToTheEnd(pass);
  EXPECT_EQ(outcome.finished.size(), kBlobsOfVideo);
  EXPECT_EQ(outcome.damage.size(), 1U);
}

TEST_F(PassTest, IsOverAtOnceWithoutVideos) { EXPECT_TRUE(Run().finished.empty()); }

}  // namespace
}  // namespace tritontube::verification
