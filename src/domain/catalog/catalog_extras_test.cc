#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/catalog/catalog.h"
#include "domain/catalog/catalog_test_steps.h"
#include "domain/catalog/view.h"
#include "support/catalog_world.h"

namespace tritontube::catalog {
namespace {

using async::Task;
using coordination::LeaseId;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::Must;
using support::Names;
using support::Soon;
using testing::ElementsAre;

StoredCaption English(UploadId upload) {
  return {.language = "en", .label = "English", .upload = std::move(upload)};
}

Task<VideoRecord> Find(CatalogWorld& world, const Names& names) {
  co_return Must(co_await world.catalog.Find(names.video, Soon()));
}

// As a person does it who sends captions.
Task<UploadId> AddCaption(CatalogWorld& world, const Names& names, LeaseId lease) {
  const UploadId upload = UploadId::Generate(world.random);
  Must(co_await world.catalog.BeginExtra(names.video, upload, lease, Soon()));
  Must(co_await world.catalog.SetCaption(names.video, English(upload), Soon()));
  co_return upload;
}

TEST(CatalogExtras, OwnsWhatIsBegunWhatItBecameAndNotWhatItReplaced) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId first = UploadId::Generate(world.random);
    EXPECT_TRUE(Must(co_await world.catalog.ProveGarbage(names.video, first, Soon())));
    Must(co_await world.catalog.BeginExtra(names.video, first, lease, Soon()));
    EXPECT_FALSE(Must(co_await world.catalog.ProveGarbage(names.video, first, Soon())));
    Must(co_await world.catalog.SetCaption(names.video, English(first), Soon()));
    EXPECT_FALSE(Must(co_await world.catalog.ProveGarbage(names.video, first, Soon())));

    const UploadId second = co_await AddCaption(world, names, lease);
    EXPECT_TRUE(Must(co_await world.catalog.ProveGarbage(names.video, first, Soon())));
    const VideoRecord record = co_await Find(world, names);
    EXPECT_THAT(record.row.extras.captions, ElementsAre(English(second)));
    EXPECT_TRUE(record.begun.uploads.empty());
  });
}

TEST(CatalogExtras, RefusesWhatALostLeaseHadBegun) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = co_await world.Committed(co_await world.NewLease());
    const LeaseId lost = co_await world.NewLease();
    const UploadId upload = UploadId::Generate(world.random);
    Must(co_await world.catalog.BeginExtra(names.video, upload, lost, Soon()));
    Must(co_await world.engine.RevokeLease(lost, Soon()));
    EXPECT_TRUE(Must(co_await world.catalog.ProveGarbage(names.video, upload, Soon())));
    EXPECT_EQ(CodeOf(co_await world.catalog.SetCaption(names.video, English(upload), Soon())),
              ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await world.catalog.SetPoster(names.video, upload, Soon())),
              ErrorCode::kAborted);
  });
}

TEST(CatalogExtras, ForgetsOneThatIsAbandonedAndKeepsTheOthers) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId one = UploadId::Generate(world.random);
    const UploadId other = UploadId::Generate(world.random);
    for (const UploadId& upload : {one, other}) {
      Must(co_await world.catalog.BeginExtra(names.video, upload, lease, Soon()));
    }
    Must(co_await world.catalog.AbandonExtra(names.video, one, Soon()));
    Must(co_await world.catalog.AbandonExtra(names.video, one, Soon()));
    EXPECT_THAT((co_await Find(world, names)).begun.uploads, ElementsAre(other));
    // What is left still goes with the lease.
    Must(co_await world.engine.RevokeLease(lease, Soon()));
    EXPECT_TRUE((co_await Find(world, names)).begun.uploads.empty());
  });
}

TEST(CatalogExtras, TakesOnlySoManyAtOnce) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    Result<void> begun;
    int count = 0;
    while (begun) {
      begun = co_await world.catalog.BeginExtra(names.video, UploadId::Generate(world.random),
                                                lease, Soon());
      ++count;
    }
    EXPECT_EQ(begun.error().code(), ErrorCode::kResourceExhausted);
    EXPECT_EQ(count, 33);
  });
}

TEST(CatalogExtras, RemovesCaptionsByTheirLanguage) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId upload = co_await AddCaption(world, names, lease);
    EXPECT_EQ(CodeOf(co_await world.catalog.RemoveCaption(names.video, "de", Soon())),
              ErrorCode::kNotFound);
    Must(co_await world.catalog.RemoveCaption(names.video, "en", Soon()));
    EXPECT_TRUE((co_await Find(world, names)).row.extras.captions.empty());
    EXPECT_TRUE(Must(co_await world.catalog.ProveGarbage(names.video, upload, Soon())));
  });
}

TEST(CatalogExtras, HaveNoVideoToGoWithWhenItIsGone) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId caption = co_await AddCaption(world, names, lease);
    const UploadId begun = UploadId::Generate(world.random);
    Must(co_await world.catalog.BeginExtra(names.video, begun, lease, Soon()));
    const Leftovers left = Must(co_await world.catalog.Delete(names.video, Soon()));
    EXPECT_THAT(left.uploads, testing::UnorderedElementsAre(names.upload, caption, begun));
    EXPECT_THAT(co_await KeysLeft(world), ElementsAre());
    EXPECT_EQ(CodeOf(co_await world.catalog.SetCaption(names.video, English(begun), Soon())),
              ErrorCode::kNotFound);
    EXPECT_EQ(CodeOf(co_await world.catalog.BeginExtra(names.video, begun, lease, Soon())),
              ErrorCode::kNotFound);
  });
}

Task<UploadId> PublishWithExtrasToFollow(CatalogWorld& world, const Names& names, LeaseId lease) {
  const UploadId output = co_await Claim(world, names, lease);
  Publication publication = CatalogWorld::Publication();
  publication.extras_output = UploadId::Generate(world.random);
  Must(co_await world.catalog.Publish(names.video, output, publication, Soon()));
  co_return *publication.extras_output;
}

TEST(CatalogExtras, FollowTheVideoThatIsReadyAlready) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId output = co_await PublishWithExtrasToFollow(world, names, lease);
    EXPECT_EQ(ViewOf(co_await Find(world, names)).state, VideoState::kReady);

    const VideoExtras made{.storyboard = output, .storyboard_sheets = 2};
    Must(co_await world.catalog.FinishExtras(names.video, output, made, Soon()));
    const VideoRecord record = co_await Find(world, names);
    EXPECT_EQ(record.row.extras, made);
    EXPECT_FALSE(record.claim.has_value());
    for (const std::string& key : co_await KeysLeft(world)) {
      EXPECT_FALSE(key.starts_with("job/")) << key;
    }
  });
}

// The worker dies between the two: the video stays ready, the job is free, and
// what the dead attempt has stored is garbage.
TEST(CatalogExtras, AreMadeByTheNextWorkerWhenTheFirstOneDies) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = co_await world.Committed(co_await world.NewLease());
    const LeaseId lost = co_await world.NewLease();
    const UploadId first = co_await PublishWithExtrasToFollow(world, names, lost);
    Must(co_await world.engine.RevokeLease(lost, Soon()));
    EXPECT_EQ(ViewOf(co_await Find(world, names)).state, VideoState::kReady);

    const LeaseId lease = co_await world.NewLease();
    const UploadId second = co_await Claim(world, names, lease);
    const VideoExtras made{.storyboard = second, .storyboard_sheets = 1};
    EXPECT_EQ(CodeOf(co_await world.catalog.FinishExtras(names.video, first, made, Soon())),
              ErrorCode::kAborted);
    Must(co_await world.catalog.FinishExtras(names.video, second, made, Soon()));
    const VideoRecord record = co_await Find(world, names);
    EXPECT_TRUE(Owns(record, record.row.presentation->output));
    EXPECT_TRUE(Owns(record, second));
    EXPECT_FALSE(Owns(record, first));
  });
}

// A backup may be taken between the two.
TEST(CatalogExtras, AreMadeAfterARestoreWhenTheBackupLacksThem) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId output = co_await PublishWithExtrasToFollow(world, names, lease);
    const VideoRow lacks = (co_await Find(world, names)).row;
    Must(co_await world.catalog.FinishExtras(
        names.video, output, {.storyboard = output, .storyboard_sheets = 1}, Soon()));
    const VideoRow has = (co_await Find(world, names)).row;
    for (const VideoRow& row : {lacks, has}) {
      Must(co_await world.catalog.Delete(names.video, Soon()));
      Must(co_await world.catalog.Restore(row, Soon()));
      const std::vector<std::string> keys = co_await KeysLeft(world);
      const bool waits = std::ranges::find(keys, JobKey(row.created, row.id)) != keys.end();
      EXPECT_EQ(waits, row == lacks);
      EXPECT_EQ(ViewOf(co_await Find(world, names)).state, VideoState::kReady);
    }
  });
}

TEST(CatalogExtras, NeverReplaceWhatAPersonHasSentMeanwhile) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId output = co_await PublishWithExtrasToFollow(world, names, lease);
    const UploadId sent = co_await AddCaption(world, names, lease);
    const UploadId poster = UploadId::Generate(world.random);
    Must(co_await world.catalog.BeginExtra(names.video, poster, lease, Soon()));
    Must(co_await world.catalog.SetPoster(names.video, poster, Soon()));

    StoredCaption english = English(output);
    english.from_person = false;
    StoredCaption german = english;
    german.language = "de";
    Must(co_await world.catalog.FinishExtras(names.video, output, {.captions = {german, english}},
                                             Soon()));
    const VideoExtras extras = (co_await Find(world, names)).row.extras;
    EXPECT_THAT(extras.captions, ElementsAre(german, English(sent)));
    EXPECT_EQ(extras.poster, poster);
  });
}

TEST(CatalogExtras, NeverFailAVideoThatIsReady) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId output = co_await PublishWithExtrasToFollow(world, names, lease);
    Must(co_await world.catalog.FailJob(names.video, output, {"code", "message"}, Soon()));
    const VideoRecord record = co_await Find(world, names);
    EXPECT_EQ(ViewOf(record).state, VideoState::kReady);
    EXPECT_FALSE(record.claim.has_value());
  });
}

}  // namespace
}  // namespace tritontube::catalog
