#include "services/delivery/delivery.h"

#include "domain/catalog/view.h"
#include "domain/manifest/presentation_json.h"
#include "support/platform.h"

namespace tritontube::delivery {
namespace {

media::Rendition RenditionNamed(const std::string& id, media::Kind kind) {
  media::Rendition rendition;
  rendition.id = id;
  rendition.kind = kind;
  rendition.codecs = kind == media::Kind::kVideo ? "avc1.64001f" : "mp4a.40.2";
  rendition.width = kind == media::Kind::kVideo ? 640 : 0;
  rendition.height = kind == media::Kind::kVideo ? 360 : 0;
  rendition.frame_rate = {25, 1};
  rendition.channels = 2;
  rendition.sample_rate = 48'000;
  rendition.timescale = 1000;
  rendition.segments = {{.start = 0, .duration = 4000, .size = 9},
                        {.start = 4000, .duration = 1000, .size = 9}};
  return rendition;
}

media::Presentation SmallPresentation() {
  return {.renditions = {RenditionNamed("v360", media::Kind::kVideo),
                         RenditionNamed("a0", media::Kind::kAudio)},
          .duration_seconds = 5,
          .has_poster = true};
}

class DeliveryTest : public support::Platform {
 protected:
  VideoId PublishedVideo() {
    const VideoId id = CommittedVideo();
    Await(Publish(id));
    return id;
  }
  async::Task<void> Publish(VideoId id) {
    const UploadId output = (co_await ClaimedJob()).output;
    const blob::Bytes json(manifest::PresentationToJson(SmallPresentation()));
    std::vector<blob::Blob> batch;
    const auto add = [&](std::string_view file, blob::Bytes bytes) {
      batch.push_back({.key = {id, output, std::string(file)}, .bytes = std::move(bytes)});
    };
    add(media::kPresentationFile, json);
    add("v360-init.mp4", blob::Bytes(std::string("the init")));
    add("v360-00001.m4s", blob::Bytes(std::string("segment 1")));
    add("poster.jpg", blob::Bytes(std::string("a picture")));
    const auto stored = co_await store_.Put(std::move(batch), Deadline::Never());
    EXPECT_TRUE(stored.has_value());
    const auto published = co_await catalog_.Publish(
        id, output,
        {.facts = {}, .renditions = {}, .digest = blob::DigestOf(json), .has_poster = true},
        Deadline::Never());
    EXPECT_TRUE(published.has_value());
  }

  // Puts a blob and makes it an extra of the video.
  template <typename Commit>
  UploadId AddExtra(VideoId id, std::string (*name)(const UploadId&), Commit commit) {
    const UploadId upload = UploadId::Generate(random_);
    const auto begun = Value(catalog_.BeginExtra(id, upload, lease_.lease(), Deadline::Never()));
    EXPECT_TRUE(begun.has_value());
    std::vector<blob::Blob> batch;
    batch.push_back(
        {.key = {id, upload, name(upload)}, .bytes = blob::Bytes("extra " + upload.text())});
    EXPECT_TRUE(Value(store_.Put(std::move(batch), Deadline::Never())).has_value());
    EXPECT_TRUE(Value(commit(upload)).has_value());
    return upload;
  }

  Result<Content> Open(const VideoId& id, const std::string& file) {
    return Value(delivery_.Open(id, file, Deadline::Never()));
  }

  Delivery delivery_{catalog_, store_, blocking_, {.recheck_after = std::chrono::hours(1)}};
};

TEST_F(DeliveryTest, ServesManifestsThatMayChangeAndMediaThatNeverDoes) {
  const VideoId id = PublishedVideo();
  const auto mpd = Open(id, "manifest.mpd");
  ASSERT_TRUE(mpd.has_value()) << mpd.error().message();
  EXPECT_EQ(mpd->content_type, "application/dash+xml");
  EXPECT_FALSE(mpd->immutable);
  EXPECT_NE(mpd->bytes.Flatten().find("<MPD"), std::string::npos);
  const auto segment = Open(id, "v360-00001.m4s");
  ASSERT_TRUE(segment.has_value());
  EXPECT_EQ(segment->bytes.Flatten(), "segment 1");
  EXPECT_TRUE(segment->immutable);
  EXPECT_NE(segment->etag, mpd->etag);
  EXPECT_EQ(Open(id, "poster.jpg")->content_type, "image/jpeg");
  EXPECT_EQ(Open(id, "v360.m3u8")->content_type, "application/vnd.apple.mpegurl");
}

TEST_F(DeliveryTest, KnowsNoFileThatNoManifestLists) {
  const VideoId id = PublishedVideo();
  for (const char* file : {"presentation.json", "source-000000", "v360-00003.m4s", "v360-1.m4s",
                           "v360-00000.m4s", "v360-000001.m4s", "v720-00001.m4s",
                           "v360-00001.m4s.bak", "", "v360-99999999999999999999.m4s"}) {
    const auto content = Open(id, file);
    ASSERT_FALSE(content.has_value()) << file;
    EXPECT_EQ(content.error().code(), ErrorCode::kNotFound) << file;
  }
}

TEST_F(DeliveryTest, HasNothingOfAVideoThatIsNotReady) {
  EXPECT_EQ(Open(CommittedVideo(), "manifest.mpd").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Open(VideoId::Generate(random_), "manifest.mpd").error().code(), ErrorCode::kNotFound);
}

TEST_F(DeliveryTest, AsksNoStoreForWhatItHasServedBefore) {
  const VideoId id = PublishedVideo();
  ASSERT_TRUE(Open(id, "v360-00001.m4s").has_value());
  const auto gets = store_.call_count(support::MemoryBlobStore::Operation::kGet);
  store_.FailNext(support::MemoryBlobStore::Operation::kGet, Error(ErrorCode::kUnavailable, "down"),
                  100);
  EXPECT_TRUE(Open(id, "v360-00001.m4s").has_value());
  EXPECT_EQ(store_.call_count(support::MemoryBlobStore::Operation::kGet), gets);
}

TEST_F(DeliveryTest, ForgetsADeletedVideoAtOnce) {
  const VideoId id = PublishedVideo();
  ASSERT_TRUE(Open(id, "v360-00001.m4s").has_value());
  ASSERT_TRUE(Value(catalog_.Delete(id, Deadline::Never())).has_value());
  delivery_.Forget(id);
  EXPECT_EQ(Open(id, "v360-00001.m4s").error().code(), ErrorCode::kNotFound);
}

TEST_F(DeliveryTest, LooksAgainAfterAWhileBecauseAnotherServerMayHaveDeletedIt) {
  Delivery watchful(catalog_, store_, blocking_, {.recheck_after = std::chrono::milliseconds(0)});
  const VideoId id = PublishedVideo();
  ASSERT_TRUE(Value(watchful.Open(id, "manifest.mpd", Deadline::Never())).has_value());
  ASSERT_TRUE(Value(catalog_.Delete(id, Deadline::Never())).has_value());
  EXPECT_EQ(Value(watchful.Open(id, "manifest.mpd", Deadline::Never())).error().code(),
            ErrorCode::kNotFound);
}

TEST_F(DeliveryTest, ServesWhatItKnowsWhileTheMetadataIsOutOfReach) {
  Delivery watchful(catalog_, store_, blocking_, {.recheck_after = std::chrono::milliseconds(0)});
  const VideoId id = PublishedVideo();
  ASSERT_TRUE(Value(watchful.Open(id, "manifest.mpd", Deadline::Never())).has_value());
  using coordination::Fault;
  for (const Fault& fault :
       {Fault::Error(ErrorCode::kUnavailable), Fault::Error(ErrorCode::kDeadlineExceeded)}) {
    coordination_.AddFault(coordination::Call::kCommit, fault);
    const auto content = Value(watchful.Open(id, "v360-00001.m4s", Deadline::Never()));
    EXPECT_TRUE(content.has_value()) << content.error().message();
  }
  // A video that it does not know is not there to be served.
  coordination_.AddFault(coordination::Call::kCommit, Fault::Error(ErrorCode::kUnavailable));
  Delivery fresh(catalog_, store_, blocking_, {});
  EXPECT_EQ(Value(fresh.Open(id, "manifest.mpd", Deadline::Never())).error().code(),
            ErrorCode::kUnavailable);
}

TEST_F(DeliveryTest, DoesNotWaitLongForMetadataThatHangs) {
  Delivery watchful(catalog_, store_, blocking_,
                    {.recheck_after = std::chrono::milliseconds(0),
                     .recheck_time = std::chrono::milliseconds(5)});
  const VideoId id = PublishedVideo();
  ASSERT_TRUE(Value(watchful.Open(id, "manifest.mpd", Deadline::Never())).has_value());
  coordination_.AddFault(coordination::Call::kCommit,
                         coordination::Fault::Delay(std::chrono::hours(1)));
  EXPECT_TRUE(Value(watchful.Open(id, "manifest.mpd", Deadline::Never())).has_value());
}

TEST_F(DeliveryTest, NeverServesAPresentationThatIsNotThePublishedOne) {
  const VideoId id = PublishedVideo();
  store_.Corrupt({id, Found(id).row.presentation->output, std::string(media::kPresentationFile)});
  EXPECT_EQ(Open(id, "manifest.mpd").error().code(), ErrorCode::kCorrupt);
}

TEST(ByteCache, KeepsTheMostRecentWithinItsBytes) {
  ByteCache cache(16'000);
  for (int i = 0; i < 400; ++i) {
    cache.Insert(std::to_string(i), {blob::Bytes(std::string(400, 'x')), "\"tag\""});
    EXPECT_EQ(cache.Find(std::to_string(i))->etag, "\"tag\"");
  }
  EXPECT_LE(cache.counts().bytes, 16'000U);
  EXPECT_FALSE(cache.Find("0").has_value());
  EXPECT_EQ(cache.counts().hits, 400U);
  EXPECT_EQ(cache.counts().misses, 1U);
}

TEST(ByteCache, DoesNotKeepWhatWouldPushEverythingOut) {
  ByteCache cache(16'000);
  cache.Insert("small", {blob::Bytes(std::string(10, 'x')), ""});
  EXPECT_FALSE(cache.Keeps(1001));
  cache.Insert("large", {blob::Bytes(std::string(1001, 'x')), ""});
  EXPECT_FALSE(cache.Find("large").has_value());
  EXPECT_TRUE(cache.Find("small").has_value());
}

std::string CaptionName(const UploadId& upload) { return "captions-en-" + upload.text() + ".vtt"; }

TEST_F(DeliveryTest, ServesCaptionsUnderANameOfTheirVersionAndListsThem) {
  const VideoId id = PublishedVideo();
  const auto commit = [&](const UploadId& upload) {
    return catalog_.SetCaption(id, {.language = "en", .label = "English", .upload = upload},
                               Deadline::Never());
  };
  const UploadId first = AddExtra(id, CaptionName, commit);
  const auto captions = Open(id, CaptionName(first));
  ASSERT_TRUE(captions.has_value()) << captions.error().message();
  EXPECT_EQ(captions->content_type, "text/vtt");
  EXPECT_TRUE(captions->immutable);
  EXPECT_EQ(captions->bytes.Flatten(), "extra " + first.text());
  EXPECT_TRUE(Open(id, "manifest.mpd")->bytes.Flatten().contains(CaptionName(first)));
  EXPECT_TRUE(Open(id, "master.m3u8")->bytes.Flatten().contains("captions-en-" + first.text()));
  EXPECT_TRUE(Open(id, "captions-en-" + first.text() + ".m3u8").has_value());

  const UploadId second = AddExtra(id, CaptionName, commit);
  delivery_.Forget(id);
  EXPECT_EQ(Open(id, CaptionName(first)).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(Open(id, CaptionName(second)).has_value());
}

TEST_F(DeliveryTest, ServesAChosenPosterBesideTheFirstOne) {
  const VideoId id = PublishedVideo();
  const UploadId poster = AddExtra(id, catalog::ChosenPosterFile, [&](const UploadId& upload) {
    return catalog_.SetPoster(id, upload, Deadline::Never());
  });
  EXPECT_EQ(Open(id, catalog::ChosenPosterFile(poster))->content_type, "image/jpeg");
  EXPECT_EQ(Open(id, "poster.jpg")->bytes.Flatten(), "a picture");
}

// Whoever saw the event of a new picture asks for it at once.
TEST_F(DeliveryTest, FindsAFileThatIsYoungerThanWhatItKnowsOfTheVideo) {
  const VideoId id = PublishedVideo();
  EXPECT_TRUE(Open(id, "manifest.mpd").has_value());
  const UploadId poster = AddExtra(id, catalog::ChosenPosterFile, [&](const UploadId& upload) {
    return catalog_.SetPoster(id, upload, Deadline::Never());
  });
  EXPECT_TRUE(Open(id, catalog::ChosenPosterFile(poster)).has_value());
}

TEST_F(DeliveryTest, ServesNoStoryboardBeforeThereIsOne) {
  const VideoId id = PublishedVideo();
  EXPECT_EQ(Open(id, "storyboard.vtt").error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Open(id, "storyboard-001.jpg").error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tritontube::delivery
