#include "domain/catalog/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "domain/catalog/catalog_test_steps.h"
#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "domain/catalog/view.h"
#include "support/catalog_world.h"

namespace tritontube::catalog {
namespace {

using async::Task;
using coordination::LeaseId;
using coordination::Operation;
using support::CatalogWorld;
using support::CodeOf;
using support::InCatalogWorld;
using support::Must;
using support::Names;
using support::Soon;
using testing::ElementsAre;

Task<void> Quicker(CatalogWorld& world, VideoId video) {
  Catalog other(world.engine);
  Must(co_await other.Edit(
      std::move(video), {.title = "Theirs"}, [](const VideoRow& /*row*/) { return true; }, Soon()));
}

TEST(Catalog, ListsAVideoFromTheFirstMoment) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);

    const VideoRecord found = Must(co_await world.catalog.Find(names.video, Soon()));
    EXPECT_EQ(ViewOf(found).state, VideoState::kUploading);
    const ListPage page = Must(co_await world.catalog.List({}, Soon()));
    EXPECT_EQ(page.items.size(), 1U);
    EXPECT_EQ(page.next, std::nullopt);
  });
}

TEST(Catalog, GivesOneIdToOneVideoOnly) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    const VideoDraft other{.id = names.video,
                           .upload = UploadId::Generate(world.random),
                           .title = "other",
                           .created = {}};
    EXPECT_EQ(CodeOf(co_await world.catalog.Create(other, lease, Soon())),
              ErrorCode::kAlreadyExists);
    EXPECT_EQ(Must(co_await world.catalog.Find(names.video, Soon())).row.title, "A title");
  });
}

TEST(Catalog, ForgetsAnUploadWhoseServerDied) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    Must(co_await world.engine.RevokeLease(lease, Soon()));

    EXPECT_EQ(CodeOf(co_await world.catalog.Find(names.video, Soon())), ErrorCode::kNotFound);
    EXPECT_EQ(CodeOf(co_await world.catalog.Delete(names.video, Soon())), ErrorCode::kNotFound);
    EXPECT_TRUE(Must(co_await world.catalog.List({}, Soon())).items.empty());
    EXPECT_THAT(Must(co_await world.catalog.OpenVideos(std::nullopt, 10, Soon())),
                ElementsAre(names.video));
    EXPECT_TRUE(Must(co_await world.catalog.RemoveIfAbandoned(names.video, Soon())));
    EXPECT_THAT(co_await KeysLeft(world), ElementsAre());
    EXPECT_FALSE(Must(co_await world.catalog.RemoveIfAbandoned(names.video, Soon())));
  });
}

TEST(Catalog, ListsTheOtherVideosWhenARowCannotBeUnderstood) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names damaged = co_await world.Committed(lease);
    const Names whole = co_await world.Committed(lease);
    Must(co_await world.engine.Commit(
        {.compares = {}, .then = {coordination::Operation::Put(RowKey(damaged.video), "")}},
        Soon()));
    const ListPage list = Must(co_await world.catalog.List({}, Soon()));
    EXPECT_EQ(list.items.size(), 1U);
    EXPECT_EQ(list.items.front().row.id, whole.video);
    EXPECT_EQ(CodeOf(co_await world.catalog.Find(damaged.video, Soon())), ErrorCode::kCorrupt);
    Must(co_await world.catalog.Delete(damaged.video, Soon()));
    EXPECT_EQ(CodeOf(co_await world.catalog.Find(damaged.video, Soon())), ErrorCode::kNotFound);
  });
}

TEST(Catalog, RestoresAVideoWithItsPlaceAndItsJob) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const VideoRow row = Must(co_await world.catalog.Find(names.video, Soon())).row;
    const std::vector<std::string> keys = co_await KeysLeft(world);
    VideoRow other = row;
    other.title = "another";
    EXPECT_EQ(CodeOf(co_await world.catalog.Restore(other, Soon())), ErrorCode::kAlreadyExists);

    Must(co_await world.catalog.Delete(names.video, Soon()));
    Must(co_await world.catalog.Restore(row, Soon()));
    Must(co_await world.catalog.Restore(row, Soon()));
    EXPECT_EQ(co_await KeysLeft(world), keys);
    EXPECT_EQ(Must(co_await world.catalog.Find(names.video, Soon())).row, row);
  });
}

TEST(Catalog, RestoresNoJobOfAVideoThatHasFailedAndNoUploadThatHasNotEnded) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = world.NewNames();
    VideoRow row{.id = names.video, .upload = names.upload, .title = "a", .created = {}};
    EXPECT_EQ(CodeOf(co_await world.catalog.Restore(row, Soon())), ErrorCode::kInvalidArgument);
    row.failure = Failure{.code = "unsupported_media", .message = "A text."};
    Must(co_await world.catalog.Restore(row, Soon()));
    EXPECT_THAT(co_await KeysLeft(world),
                ElementsAre(OrderKey(row.created, row.id), RowKey(row.id)));
  });
}

TEST(Catalog, RemovesNoUploadThatIsAlive) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = co_await world.Uploading(co_await world.NewLease());
    EXPECT_FALSE(Must(co_await world.catalog.RemoveIfAbandoned(names.video, Soon())));
    Must(co_await world.catalog.Find(names.video, Soon()));
  });
}

TEST(Catalog, CommitsAnUploadWhoseLeaseWasLostUnlessItsRowIsGone) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    const Names late = co_await world.Uploading(lease);
    Must(co_await world.engine.RevokeLease(lease, Soon()));

    Must(co_await world.catalog.CommitSource(names.video, names.upload, CatalogWorld::Source(),
                                             Soon()));
    EXPECT_FALSE(Must(co_await world.catalog.RemoveIfAbandoned(names.video, Soon())));

    EXPECT_TRUE(Must(co_await world.catalog.RemoveIfAbandoned(late.video, Soon())));
    const Result<void> refused = co_await world.catalog.CommitSource(
        late.video, late.upload, CatalogWorld::Source(), Soon());
    EXPECT_EQ(CodeOf(refused), ErrorCode::kNotFound);
  });
}

TEST(Catalog, CountsReceivedBytesUpwardsOnly) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    for (const ByteCount received : {400U, 200U, 400U}) {
      Must(co_await world.catalog.SetReceived(
          names.video, {.upload = names.upload, .received = received, .total = 5}, lease, Soon()));
    }
    const VideoRecord record = Must(co_await world.catalog.Find(names.video, Soon()));
    EXPECT_EQ(record.open->received, 400U);
    EXPECT_EQ(record.open->total, 1000U);
  });
}

TEST(Catalog, PutsAnUploadUnderANewLeaseWhenItsOwnWasLost) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lost = co_await world.NewLease();
    const Names names = co_await world.Uploading(lost);
    Must(co_await world.engine.RevokeLease(lost, Soon()));
    const LeaseId lease = co_await world.NewLease();
    Must(co_await world.catalog.SetReceived(names.video, {.upload = names.upload, .received = 1},
                                            lease, Soon()));
    EXPECT_EQ(Must(co_await world.catalog.Find(names.video, Soon())).open->received, 1U);
    Must(co_await world.engine.RevokeLease(lease, Soon()));
    EXPECT_EQ(CodeOf(co_await world.catalog.Find(names.video, Soon())), ErrorCode::kNotFound);
  });
}

TEST(Catalog, QueuesTheTranscodeInTheStepThatCommitsTheSource) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = co_await world.Committed(co_await world.NewLease());
    const WallTime created(std::chrono::milliseconds(1000));
    EXPECT_THAT(co_await KeysLeft(world),
                ElementsAre(JobKey(created, names.video), OrderKey(created, names.video),
                            RowKey(names.video)));
    const auto job = Must(co_await world.engine.Get(JobKey(created, names.video), Soon()));
    EXPECT_EQ(DecodeJobRow(job.item->value).value(),
              (JobRow{.video = names.video, .created = created, .not_before = created}));
    // The same again is no error; other bytes are.
    Must(co_await world.catalog.CommitSource(names.video, names.upload, CatalogWorld::Source(),
                                             Soon()));
    const Result<void> other =
        co_await world.catalog.CommitSource(names.video, names.upload, {.size = 5}, Soon());
    EXPECT_EQ(CodeOf(other), ErrorCode::kAborted);
  });
}

TEST(Catalog, LetsNobodyChangeAClosedOrForeignUpload) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const Names open = co_await world.Uploading(lease);
    for (const Names& wrong : {names, Names{open.video, names.upload}}) {
      EXPECT_EQ(CodeOf(co_await world.catalog.SetReceived(
                    wrong.video, {.upload = wrong.upload, .received = 1}, lease, Soon())),
                ErrorCode::kAborted);
      EXPECT_EQ(CodeOf(co_await world.catalog.Abandon(wrong.video, wrong.upload, Soon())),
                ErrorCode::kAborted);
      EXPECT_EQ(CodeOf(co_await world.catalog.FailUpload(wrong.video, wrong.upload, {}, Soon())),
                ErrorCode::kAborted);
    }
  });
}

TEST(Catalog, LeavesNothingOfAnAbandonedUpload) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = co_await world.Uploading(co_await world.NewLease());
    Must(co_await world.catalog.Abandon(names.video, names.upload, Soon()));
    Must(co_await world.catalog.Abandon(names.video, names.upload, Soon()));
    EXPECT_THAT(co_await KeysLeft(world), ElementsAre());
  });
}

TEST(Catalog, KeepsAnUploadThatIsNoVideoAsFailedWhereItStood) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    Must(co_await world.catalog.SetReceived(names.video, {.upload = names.upload, .received = 500},
                                            lease, Soon()));
    const Failure failure{.code = "unsupported_media", .message = "This is a text."};
    Must(co_await world.catalog.FailUpload(names.video, names.upload, failure, Soon()));
    Must(co_await world.catalog.FailUpload(names.video, names.upload, failure, Soon()));
    Must(co_await world.engine.RevokeLease(lease, Soon()));

    const VideoView view = ViewOf(Must(co_await world.catalog.Find(names.video, Soon())));
    EXPECT_EQ(view.state, VideoState::kFailed);
    EXPECT_EQ(view.row.failure, failure);
    EXPECT_DOUBLE_EQ(view.progress, 0.125);
    EXPECT_TRUE(Must(co_await world.catalog.OpenVideos(std::nullopt, 10, Soon())).empty());
  });
}

TEST(Catalog, PublishesInOneStep) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId output = co_await Claim(world, names, lease);
    Must(
        co_await world.catalog.Describe(names.video, output, {.width = 7}, {{.id = "v1"}}, Soon()));
    Must(co_await world.catalog.SetProgress(names.video, output, 0.5, Soon()));
    EXPECT_EQ(Must(co_await world.catalog.Find(names.video, Soon())).row.facts.width, 7);
    Must(co_await world.catalog.Publish(names.video, output, CatalogWorld::Publication(), Soon()));
    Must(co_await world.catalog.Publish(names.video, output, CatalogWorld::Publication(), Soon()));

    EXPECT_THAT(co_await KeysLeft(world),
                ElementsAre(OrderKey(WallTime(std::chrono::milliseconds(1000)), names.video),
                            RowKey(names.video)));
    const VideoRecord record = Must(co_await world.catalog.Find(names.video, Soon()));
    EXPECT_EQ(record.row.presentation->output, output);
    EXPECT_TRUE(record.row.presentation->has_poster);
    EXPECT_EQ(record.row.facts.width, 1280);
    EXPECT_EQ(ViewOf(record).progress, 1);
  });
}

TEST(Catalog, TakesNothingFromAWorkerThatHasLostItsClaim) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId lost = co_await Claim(world, names, lease);
    const UploadId now = co_await Claim(world, names, lease);
    Catalog& catalog = world.catalog;
    const VideoId id = names.video;
    EXPECT_EQ(CodeOf(co_await catalog.Describe(id, lost, {}, {}, Soon())), ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await catalog.SetProgress(id, lost, 1, Soon())), ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await catalog.Publish(id, lost, {}, Soon())), ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await catalog.FailJob(id, lost, {}, Soon())), ErrorCode::kAborted);
    EXPECT_EQ(Must(co_await catalog.Find(id, Soon())).claim->output, now);
    EXPECT_EQ(Must(co_await catalog.Find(id, Soon())).progress, std::nullopt);
    Must(co_await catalog.Delete(id, Soon()));
    EXPECT_EQ(CodeOf(co_await catalog.Publish(id, now, {}, Soon())), ErrorCode::kNotFound);
  });
}

TEST(Catalog, NeverLetsProgressFallNotEvenWhenTheNextAttemptStartsAgain) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId first = co_await Claim(world, names, lease);
    Must(co_await world.catalog.SetProgress(names.video, first, 0.6, Soon()));
    Must(co_await world.engine.RevokeLease(lease, Soon()));
    const UploadId second = co_await Claim(world, names, co_await world.NewLease());
    Must(co_await world.catalog.SetProgress(names.video, second, 0.1, Soon()));
    EXPECT_EQ(Must(co_await world.catalog.Find(names.video, Soon())).progress->fraction, 0.6);
    Must(co_await world.catalog.SetProgress(names.video, second, 7, Soon()));
    EXPECT_EQ(Must(co_await world.catalog.Find(names.video, Soon())).progress->fraction, 1.0);
  });
}

TEST(Catalog, FailsAJobForGoodAndKeepsItsProgress) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Committed(lease);
    const UploadId output = co_await Claim(world, names, lease);
    Must(co_await world.catalog.SetProgress(names.video, output, 0.5, Soon()));
    const Failure failure{.code = "transcode_failed", .message = "It crashed."};
    Must(co_await world.catalog.FailJob(names.video, output, failure, Soon()));
    Must(co_await world.catalog.FailJob(names.video, output, failure, Soon()));
    const VideoView view = ViewOf(Must(co_await world.catalog.Find(names.video, Soon())));
    EXPECT_EQ(view.state, VideoState::kFailed);
    EXPECT_DOUBLE_EQ(view.progress, 0.625);
    EXPECT_EQ((co_await KeysLeft(world)).size(), 2U);
  });
}

TEST(Catalog, DeletesEverythingAndTellsWhatIsToBeErased) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names uploading = co_await world.Uploading(lease);
    const Names claimed = co_await world.Committed(lease);
    const UploadId attempt = co_await Claim(world, claimed, lease);
    Must(co_await world.catalog.SetProgress(claimed.video, attempt, 0.5, Soon()));
    const Names ready = co_await world.Committed(lease);
    const UploadId output = co_await Claim(world, ready, lease);
    Must(co_await world.catalog.Publish(ready.video, output, {}, Soon()));

    EXPECT_THAT(Must(co_await world.catalog.Delete(uploading.video, Soon())).uploads,
                ElementsAre(uploading.upload));
    EXPECT_THAT(Must(co_await world.catalog.Delete(claimed.video, Soon())).uploads,
                ElementsAre(claimed.upload, attempt));
    EXPECT_THAT(Must(co_await world.catalog.Delete(ready.video, Soon())).uploads,
                ElementsAre(ready.upload, output));
    EXPECT_THAT(co_await KeysLeft(world), ElementsAre());
    EXPECT_EQ(CodeOf(co_await world.catalog.Delete(ready.video, Soon())), ErrorCode::kNotFound);
  });
}

TEST(Catalog, ListsNewestFirstInPagesThatMissNothing) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const LeaseId dead = co_await world.NewLease();
    std::vector<VideoId> expected;
    for (int i = 0; i < 100; ++i) {
      const WallTime created(std::chrono::milliseconds(1000 + i));
      const bool lives = i % 3 != 0;
      const Names names = co_await world.Uploading(lives ? lease : dead, "t", created);
      if (lives) expected.insert(expected.begin(), names.video);
    }
    Must(co_await world.engine.RevokeLease(dead, Soon()));
    for (const std::size_t limit : {1U, 7U, 66U, 100U}) {
      std::vector<VideoId> listed;
      ListRequest request{.limit = limit};
      for (std::optional<std::string> next = ""; next;) {
        request.cursor = *next;
        const ListPage page = Must(co_await world.catalog.List(request, Soon()));
        EXPECT_TRUE(page.items.size() == limit || !page.next);
        for (const VideoRecord& record : page.items) listed.push_back(record.row.id);
        next = page.next;
      }
      EXPECT_EQ(listed, expected) << "by " << limit;
    }
    EXPECT_EQ(CodeOf(co_await world.catalog.List({.limit = 1, .cursor = "x"}, Soon())),
              ErrorCode::kInvalidArgument);
  });
}

TEST(Catalog, SaysCorruptOfARowThatItCannotRead) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const Names names = co_await world.Committed(co_await world.NewLease());
    for (const std::string& key : {RowKey(names.video), UploadKey(names.video),
                                   ProgressKey(names.video), ClaimKey(names.video)}) {
      const auto before = Must(co_await world.engine.Get(key, Soon())).item;
      Must(co_await world.engine.Commit({.compares = {}, .then = {Operation::Put(key, "?")}},
                                        Soon()));
      EXPECT_EQ(CodeOf(co_await world.catalog.Find(names.video, Soon())), ErrorCode::kCorrupt);
      const auto restore = before ? Operation::Put(key, before->value) : Operation::Delete(key);
      Must(co_await world.engine.Commit({.compares = {}, .then = {restore}}, Soon()));
    }
    Must(co_await world.catalog.Find(names.video, Soon()));
    Must(co_await world.engine.Commit({.compares = {}, .then = {Operation::Put("order/0/x", "")}},
                                      Soon()));
    EXPECT_EQ(Must(co_await world.catalog.List({}, Soon())).items.size(), 1U);
  });
}

TEST(Catalog, EditsAVideoWhateverItsState) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    const auto anybody = [](const VideoRow& /*row*/) { return true; };
    const Edited edited = Must(co_await world.catalog.Edit(
        names.video, {.title = "New", .tags = std::vector<std::string>{"a"}}, anybody, Soon()));
    EXPECT_TRUE(edited.allowed);
    EXPECT_EQ(edited.record, Must(co_await world.catalog.Find(names.video, Soon())));
    EXPECT_EQ(edited.record.row.title, "New");
    EXPECT_TRUE(edited.record.open.has_value());
    // What follows leaves the edit alone.
    Must(co_await world.catalog.CommitSource(names.video, names.upload, CatalogWorld::Source(),
                                             Soon()));
    EXPECT_EQ(Must(co_await world.catalog.Find(names.video, Soon())).row.title, "New");
  });
}

TEST(Catalog, AsksAboutTheVeryRowThatAnEditWouldChange) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease, "Old");
    const auto if_old = [](const VideoRow& row) { return row.title == "Old"; };
    // Somebody is quicker, between our look and our write.
    world.coordination.BeforeWrites(1, [&] { return Quicker(world, names.video); });
    const Edited late =
        Must(co_await world.catalog.Edit(names.video, {.title = "Mine"}, if_old, Soon()));
    EXPECT_FALSE(late.allowed);
    EXPECT_EQ(late.record.row.title, "Theirs");
    EXPECT_EQ(Must(co_await world.catalog.Find(names.video, Soon())).row.title, "Theirs");
    // What is so already is allowed to everybody: it may be our own lost answer.
    EXPECT_TRUE(Must(co_await world.catalog.Edit(names.video, {.title = "Theirs"}, if_old, Soon()))
                    .allowed);
  });
}

TEST(Catalog, EditsNoVideoThatPeopleDoNotSee) {
  InCatalogWorld([](CatalogWorld& world) -> Task<void> {
    const LeaseId lease = co_await world.NewLease();
    const Names names = co_await world.Uploading(lease);
    const auto anybody = [](const VideoRow& /*row*/) { return true; };
    EXPECT_EQ(CodeOf(co_await world.catalog.Edit(world.NewNames().video, {}, anybody, Soon())),
              ErrorCode::kNotFound);
    Must(co_await world.engine.RevokeLease(lease, Soon()));
    EXPECT_EQ(CodeOf(co_await world.catalog.Edit(names.video, {.title = "x"}, anybody, Soon())),
              ErrorCode::kNotFound);
  });
}

}  // namespace
}  // namespace tritontube::catalog
