#include "domain/manifest/presentation_json.h"
#include "endpoints/http_api/http_api_fixture_test.h"
#include "support/fake_presentation.h"

namespace tritontube::http_api {
namespace {

// Of a ready video.
class Downloads : public HttpApiTest {
 protected:
  Downloads() { Await(Publish()); }

  std::string Address(std::string_view file) const {
    return fmt::format("/content/{}/{}", id_.text(), file);
  }
  std::size_t Reads() const { return store_.call_count(support::MemoryBlobStore::Operation::kGet); }

 private:
  async::Task<void> Publish() {
    const UploadId output = (co_await ClaimedJob()).output;
    const support::FakePresentation fake = support::MakePresentation();
    const blob::Bytes json(manifest::PresentationToJson(fake.presentation));
    std::vector<blob::Blob> batch;
    batch.reserve(fake.files.size() + 1);
    batch.push_back({.key = {id_, output, std::string(media::kPresentationFile)}, .bytes = json});
    for (const auto& [file, bytes] : fake.files) {
      batch.push_back({.key = {id_, output, file}, .bytes = blob::Bytes(bytes)});
    }
    EXPECT_TRUE((co_await store_.Put(std::move(batch), Deadline::Never())).has_value());
    std::vector<catalog::RenditionSummary> renditions;
    renditions.reserve(fake.presentation.renditions.size());
    for (const media::Rendition& rendition : fake.presentation.renditions) {
      renditions.push_back({.id = rendition.id,
                            .kind = rendition.kind,
                            .codec = rendition.codecs,
                            .width = rendition.width,
                            .height = rendition.height,
                            .bandwidth = 1000});
    }
    const auto published = co_await catalog_.Publish(
        id_, output,
        {.facts = {}, .renditions = std::move(renditions), .digest = blob::DigestOf(json)},
        Deadline::Never());
    EXPECT_TRUE(published.has_value());
  }

 protected:
  const VideoId id_ = CommittedVideo();
};

TEST_F(Downloads, HaveAddressesInTheVideo) {
  const auto video = JsonOf(Answer({.path = "/api/v1/videos/" + id_.text()}));
  EXPECT_EQ(video["state"], "ready");
  const auto downloads = video["urls"]["downloads"];
  ASSERT_EQ(downloads.size(), 3U);
  EXPECT_EQ(downloads[0],
            (nlohmann::json{{"rendition", "v720"}, {"height", 720}, {"url", Address("v720.mp4")}}));
  for (const auto& download : downloads) {
    EXPECT_EQ(Answer({.path = download["url"]})->status, 200);
  }
}

TEST_F(Downloads, AreSentWholeAndByRangeUnderTheTitleAndTheHeight) {
  const auto answer = Answer({.path = Address("v720.mp4")});
  ASSERT_TRUE(answer.has_value()) << answer.error().message();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.Get("Content-Type"), "video/mp4");
  EXPECT_EQ(answer->headers.Get("Content-Disposition"),
            "attachment; filename=\"a video 720p.mp4\"");
  EXPECT_EQ(answer->headers.Get("Cache-Control"), "no-cache");
  const std::string whole = Sent(answer);
  const auto head = Answer({.method = Method::kHead, .path = Address("v720.mp4")});
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->headers.Get("Content-Length"), fmt::format("{}", whole.size()));
  EXPECT_EQ(head->headers.Get("ETag"), answer->headers.Get("ETag"));
  const auto part =
      Answer({.path = Address("v720.mp4"), .headers = {{"Range", "bytes=5000-14999"}}});
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(part->headers.Get("Content-Range"), fmt::format("bytes 5000-14999/{}", whole.size()));
  EXPECT_EQ(Sent(part), whole.substr(5000, 10'000));
  EXPECT_EQ(Answer({.path = Address("a0.mp4")})->headers.Get("Content-Type"), "audio/mp4");
}

TEST_F(Downloads, AreGoneOnWithOnlyWhenTheyAreTheSame) {
  const auto head = Answer({.method = Method::kHead, .path = Address("v720.mp4")});
  const std::string tag(*head->headers.Get("ETag"));
  const std::size_t before = Reads();
  const auto get = [&](http::Headers headers) {
    return Answer({.path = Address("v720.mp4"), .headers = std::move(headers)})->status;
  };
  EXPECT_EQ(get({{"If-None-Match", tag}}), 304);
  EXPECT_EQ(get({{"Range", "bytes=10-"}, {"If-Range", tag}}), 206);
  EXPECT_EQ(get({{"Range", "bytes=10-"}, {"If-Range", "\"another\""}}), 200);
  EXPECT_EQ(get({{"If-Match", "\"another\""}}), 412);
  EXPECT_EQ(get({{"Range", "bytes=999999999-"}}), 416);
  EXPECT_EQ(Reads(), before);
}

TEST_F(Downloads, AreCutWhereTheyCannotBeRead) {
  const auto whole = Answer({.path = Address("v360.mp4")});
  ASSERT_TRUE(whole.has_value());
  store_.Corrupt({id_, Found(id_).row.presentation->output, "v360-00001.m4s"});
  auto& body = *std::get<std::unique_ptr<http::BodySource>>(whole->body);
  EXPECT_EQ(Value(body.Next()).error().code(), ErrorCode::kCorrupt);
}

TEST_F(Downloads, AreNotThereBeforeTheVideoIsReady) {
  const VideoId id = CommittedVideo();
  EXPECT_EQ(Answer({.path = "/content/" + id.text() + "/v720.mp4"}).error().code(),
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace tritontube::http_api
