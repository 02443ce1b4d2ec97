#include "domain/sources/source_parts.h"
#include "endpoints/http_api/http_api_fixture_test.h"
#include "foundation/telemetry/log.h"
#include "support/movie_file.h"

namespace tritontube::http_api {
namespace {

TEST_F(HttpApiTest, TakesARawBodyAndAnswersTheVideo) {
  const auto response = Answer({.method = Method::kPost,
                                .path = "/api/v1/videos",
                                .query = "title=My+day",
                                .headers = {},
                                .body = kMp4});
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status, 201);
  const nlohmann::json video = JsonOf(response);
  EXPECT_EQ(video["title"], "My day");
  EXPECT_EQ(video["state"], "processing");
  EXPECT_EQ(response->headers.Get("Location"), "/api/v1/videos/" + video["id"].get<std::string>());
}

TEST_F(HttpApiTest, RefusesWhatTheDiskHasNoRoomForWithTheNumbers) {
  store_.SetFree(1000);
  const auto response = Answer({.method = Method::kPost,
                                .path = "/api/v1/videos",
                                .query = {},
                                .headers = {},
                                .body = kMp4});
  ASSERT_TRUE(response.has_value()) << response.error().message();
  EXPECT_EQ(response->status, 507);
  const nlohmann::json problem = JsonOf(response);
  EXPECT_GT(problem["needed_bytes"], 1000);
  EXPECT_EQ(problem["free_bytes"], 1000);
  EXPECT_EQ(problem["reserved_bytes"], 0);
  EXPECT_EQ(problem["keep_free_bytes"], 0);
  EXPECT_TRUE(Listed().empty());
}

TEST_F(HttpApiTest, RefusesAFormThatIsTooLargeForTheDiskForThatReason) {
  store_.SetFree(1000);
  EXPECT_EQ(Answer(Form(FilePart(kMp4)))->status, 507);
  EXPECT_EQ(Answer(Form(TitlePart("No file")))->status, 507) << "nobody has looked into it";
  EXPECT_TRUE(Listed().empty());
}

TEST_F(HttpApiTest, DeletesNothingForWhoHasSeenAnOlderVersion) {
  const std::string address = "/api/v1/videos/" + CommittedVideo().text();
  const std::string seen(*Answer({.path = address})->headers.Get("ETag"));
  Call remove{.method = Method::kDelete, .path = address};
  remove.headers.Set("If-Match", "\"older\"");
  EXPECT_EQ(Answer(remove)->status, 412);
  remove.headers.Set("If-Match", seen);
  EXPECT_EQ(Answer(remove)->status, 204);
}

TEST_F(HttpApiTest, TellsWhoHasHeardSomethingElseToBeginAnew) {
  for (const char* const heard : {"-1", "abc", "1.5", "99999999999999999999999"}) {
    Result<http::Response> events =
        Answer({.path = "/api/v1/events", .headers = {{"Last-Event-ID", heard}}});
    ASSERT_TRUE(events.has_value());
    auto& stream = *std::get<std::unique_ptr<http::BodySource>>(events->body);
    std::string text;
    for (int i = 0; i < 2; ++i) text += Value(stream.Next()).value()->Flatten();
    EXPECT_NE(text.find("event: reset"), std::string::npos) << heard;
  }
}

TEST_F(HttpApiTest, TellsWhatIsDamagedAsTheDocumentHasIt) {
  const VideoId id = CommittedVideo();
  const blob::BlobKey key{id, Found(id).row.upload, "source-000000"};
  const verification::Step step{
      .finished = key,
      .damage = verification::Damage{.key = key, .reason = "its bytes do not match its digest"}};
  ASSERT_TRUE(Value(damage_log_.Note(step, clock_.WallNow(), Deadline::Never())).has_value());
  const auto known = JsonOf(Answer({.path = "/api/v1/verification"}));
  ASSERT_EQ(known["damaged"].size(), 1U);
  EXPECT_EQ(known["damaged"][0]["file"], "source-000000");
}

TEST_F(HttpApiTest, TakesAFormWhateverTheOrderOfItsFieldsAndTheCutsOfItsBytes) {
  for (const std::size_t piece_bytes : {1UZ, 7UZ, 100'000UZ}) {
    Call call = Form(TitlePart("First") + FilePart(kMp4));
    call.piece_bytes = piece_bytes;
    const auto response = Answer(call);
    ASSERT_TRUE(response.has_value()) << response.error().message();
    EXPECT_EQ(response->status, 303);
    EXPECT_TRUE(response->headers.Get("Location")->starts_with("/videos/"));
  }
  Call last = Form(FilePart(kMp4) + TitlePart("Last"));
  last.headers.Add("Accept", "application/json");
  const auto response = Answer(last);
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(JsonOf(response)["title"], "Last");
}

TEST_F(HttpApiTest, RefusesWithAStatusThatFitsTheReason) {
  const auto raw = [](std::string body) {
    return Call{.method = Method::kPost,
                .path = "/api/v1/videos",
                .query = {},
                .headers = {},
                .body = std::move(body)};
  };
  EXPECT_EQ(Answer(raw(""))->status, 400);
  EXPECT_EQ(Answer(raw("just some text"))->status, 415);
  EXPECT_EQ(Answer(Form(TitlePart("alone")))->status, 400);
  EXPECT_EQ(Answer(Form(FilePart("")))->status, 400);
  EXPECT_EQ(Answer(Form(FilePart(kMp4) + FilePart(kMp4))).error().code(),
            ErrorCode::kInvalidArgument);
  Call no_form = Form(FilePart(kMp4));
  no_form.headers = {{"Content-Type", "application/json"}};
  EXPECT_EQ(Answer(no_form)->status, 415);
  prober_.answer = Fail(ErrorCode::kInvalidArgument, "The file breaks off.");
  const auto broken = Answer(raw(kMp4));
  EXPECT_EQ(broken->status, 422);
  EXPECT_EQ(JsonOf(broken)["detail"], "The file breaks off.");
  EXPECT_TRUE(Listed().empty());
}

TEST_F(HttpApiTest, ListsGetsAndDeletes) {
  const VideoId id = CommittedVideo();
  const nlohmann::json list = JsonOf(Answer({.path = "/api/v1/videos", .query = "limit=5"}));
  ASSERT_EQ(list["items"].size(), 1U);
  EXPECT_EQ(list["items"][0]["id"], id.text());
  EXPECT_TRUE(list["next"].is_null());
  const std::string address = "/api/v1/videos/" + id.text();
  EXPECT_EQ(JsonOf(Answer({.path = address}))["title"], "a video");
  EXPECT_EQ(Answer({.method = Method::kDelete, .path = address})->status, 204);
  EXPECT_EQ(Answer({.path = address}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(Answer({.path = "/api/v1/videos/no-such-id"}).error().code(), ErrorCode::kNotFound);
}

TEST_F(HttpApiTest, ServesTheOriginalByRangeUnderTheNameItCameWith) {
  const VideoId id = CommittedVideo();
  const std::string address =
      JsonOf(Answer({.path = "/api/v1/videos/" + id.text()}))["urls"]["original"];
  EXPECT_EQ(address, "/content/" + id.text() + "/original.mp4");
  const auto whole = Answer({.path = address});
  ASSERT_TRUE(whole.has_value()) << whole.error().message();
  EXPECT_EQ(whole->status, 200);
  EXPECT_EQ(whole->headers.Get("Content-Type"), "video/mp4");
  EXPECT_EQ(whole->headers.Get("Content-Disposition"), "attachment; filename=\"a.mp4\"");
  const std::string digest = blob::DigestOf(blob::Bytes(std::string("the original"))).ToHex();
  EXPECT_TRUE(whole->headers.Get("ETag").value_or("").starts_with("\""));
  EXPECT_EQ(whole->headers.Get("TritonTube-Digest"), "xxh3-128=" + digest);
  EXPECT_EQ(Sent(whole), "the original");
  const auto part = Answer({.path = address, .query = {}, .headers = {{"Range", "bytes=4-"}}});
  EXPECT_EQ(part->status, 206);
  EXPECT_EQ(part->headers.Get("Content-Range"), "bytes 4-11/12");
  EXPECT_EQ(Sent(part), "original");
  EXPECT_EQ(Answer({.path = "/content/" + id.text() + "/original.mkv"}).error().code(),
            ErrorCode::kNotFound);
}

// Of a video of which nothing is encoded yet.
class SourceSegments : public HttpApiTest {
 protected:
  SourceSegments() { Await(Upload()); }

  std::string Address(std::string_view file) const {
    return fmt::format("/content/{}/{}", id_.text(), file);
  }
  std::size_t Reads() const { return store_.call_count(support::MemoryBlobStore::Operation::kGet); }

 private:
  async::Task<void> Upload() {
    const UploadId upload = UploadId::Generate(random_);
    // One segment is larger than what is read at once.
    std::vector<support::FakeSample> pictures = support::FakePictures(192, 96);
    for (std::size_t i = 96; i < 192; ++i) pictures[i].size = 100'000;
    const std::string file =
        support::MakeMovieFile({.tracks = {{.samples = std::move(pictures)}}}).bytes;
    const auto created = co_await catalog_.Create({.id = id_, .upload = upload, .title = "a"},
                                                  lease_.lease(), Deadline::Never());
    EXPECT_TRUE(created.has_value());
    std::vector<blob::Blob> batch;
    batch.reserve(sources::PartCount(file.size()));
    for (ByteCount part = 0; part < sources::PartCount(file.size()); ++part) {
      batch.push_back(
          {.key = {id_, upload, sources::PartFileName(part)},
           .bytes = blob::Bytes(file.substr(part * sources::kPartBytes, sources::kPartBytes))});
    }
    const std::uint64_t parts = batch.size();
    EXPECT_TRUE((co_await store_.Put(std::move(batch), Deadline::Never())).has_value());
    const auto committed = co_await catalog_.CommitSource(
        id_, upload, {.size = file.size(), .part_count = parts}, Deadline::Never(), std::nullopt,
        catalog::SourceAnalysis{.copy = {.tracks = {1}}});
    EXPECT_TRUE(committed.has_value());
  }

  const VideoId id_ = VideoId::Generate(random_);
};

TEST_F(SourceSegments, AreSentWholeAndByRange) {
  for (const char* file : {"vsrc-00001.m4s", "vsrc-00002.m4s", "vsrc-init.mp4"}) {
    const auto text = [&](const Result<http::Response>& answer) {
      return std::holds_alternative<blob::Bytes>(answer->body) ? TextOf(answer) : Sent(answer);
    };
    const auto answer = Answer({.path = Address(file)});
    ASSERT_TRUE(answer.has_value()) << answer.error().message();
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->headers.Get("Cache-Control"), "public, max-age=31536000, immutable");
    const std::string whole = text(answer);
    const auto head = Answer({.method = Method::kHead, .path = Address(file)});
    EXPECT_EQ(head->headers.Get("Content-Length"), fmt::format("{}", whole.size()));
    EXPECT_EQ(head->headers.Get("ETag"), answer->headers.Get("ETag"));
    const auto part = Answer({.path = Address(file), .headers = {{"Range", "bytes=100-599"}}});
    EXPECT_EQ(part->status, 206);
    EXPECT_EQ(part->headers.Get("Content-Range"), fmt::format("bytes 100-599/{}", whole.size()));
    EXPECT_EQ(text(part), whole.substr(100, 500));
  }
}

TEST_F(SourceSegments, AreNotReadForAClientThatHasThem) {
  for (const char* file : {"vsrc-00001.m4s", "vsrc-00002.m4s"}) {
    const auto head = Answer({.method = Method::kHead, .path = Address(file)});
    ASSERT_TRUE(head.has_value()) << head.error().message();
    const std::size_t before = Reads();
    const auto again =
        Answer({.path = Address(file),
                .headers = {{"If-None-Match", std::string(*head->headers.Get("ETag"))}}});
    EXPECT_EQ(again->status, 304);
    EXPECT_EQ(Reads(), before);
  }
}

TEST_F(SourceSegments, HaveAddressesInTheVideoBeforeItIsReady) {
  const auto video = JsonOf(Answer({.path = "/api/v1/videos/" + Address("").substr(9, 11)}));
  EXPECT_EQ(video["state"], "processing");
  EXPECT_EQ(video["playable"], true);
  EXPECT_EQ(video["urls"]["dash"], Address("manifest.mpd"));
  EXPECT_EQ(video["urls"]["hls"], Address("master.m3u8"));
  EXPECT_TRUE(video["urls"]["poster"].is_null());
  EXPECT_EQ(Answer({.path = Address("manifest.mpd")})->status, 200);
}

TEST_F(HttpApiTest, CutsAnOriginalThatCannotBeReadToItsEnd) {
  const VideoId id = CommittedVideo();
  const auto whole = Answer({.path = "/content/" + id.text() + "/original.mp4"});
  store_.FailNext(support::MemoryBlobStore::Operation::kGet, Error(ErrorCode::kCorrupt, "damaged"));
  auto& body = *std::get<std::unique_ptr<http::BodySource>>(whole->body);
  EXPECT_EQ(Value(body.Next()).error().code(), ErrorCode::kCorrupt);
}

TEST_F(HttpApiTest, HasNoOriginalBeforeItsLastByteIsStored) {
  const VideoId id = VideoId::Generate(random_);
  const auto created = Value(catalog_.Create(
      {.id = id, .upload = UploadId::Generate(random_), .title = "a", .created = clock_.WallNow()},
      lease_.lease(), Deadline::Never()));
  ASSERT_TRUE(created.has_value());
  const auto video = JsonOf(Answer({.path = "/api/v1/videos/" + id.text()}));
  EXPECT_TRUE(video["urls"]["original"].is_null());
  EXPECT_EQ(Answer({.path = "/content/" + id.text() + "/original.mp4"}).error().code(),
            ErrorCode::kNotFound);
}

TEST_F(HttpApiTest, StreamsABackupWithoutWhatItsReaderHas) {
  const VideoId id = CommittedVideo();
  const std::string upload = Found(id).row.upload.text();
  const auto whole = Answer({.path = "/api/v1/backup"});
  ASSERT_TRUE(whole.has_value()) << whole.error().message();
  EXPECT_EQ(whole->headers.Get("Content-Type"), "application/vnd.tritontube.backup");
  const std::string stream = Sent(whole);
  EXPECT_TRUE(stream.starts_with("tritontube-backup 1\nvideo " + id.text()));
  EXPECT_NE(stream.find("the original"), std::string::npos);
  EXPECT_NE(stream.find("\nend "), std::string::npos);

  const auto rest = Answer({.method = Method::kPost,
                            .path = "/api/v1/backup",
                            .query = {},
                            .headers = {},
                            .body = "abcdefghijk\n" + upload + "\n"});
  ASSERT_TRUE(rest.has_value()) << rest.error().message();
  const std::string increment = Sent(rest);
  EXPECT_EQ(increment.find("the original"), std::string::npos);
  EXPECT_NE(increment.find("}end "), std::string::npos);
}

TEST_F(HttpApiTest, RefusesAListOfUploadsThatIsNone) {
  const auto response = Answer({.method = Method::kPost,
                                .path = "/api/v1/backup",
                                .query = {},
                                .headers = {},
                                .body = "../../etc\n"});
  EXPECT_EQ(response.error().code(), ErrorCode::kInvalidArgument);
}

TEST_F(HttpApiTest, CutsABackupWhenTheServerStops) {
  CommittedVideo();
  const auto response = Answer({.path = "/api/v1/backup"});
  auto& stream = *std::get<std::unique_ptr<http::BodySource>>(response->body);
  EXPECT_TRUE(Value(stream.Next()).has_value());
  stream.OnServerStopping();
  EXPECT_EQ(Value(stream.Next()).error().code(), ErrorCode::kUnavailable);
}

TEST_F(HttpApiTest, ChangesWhatPeopleMayChangeAndNamesItByAnETag) {
  const std::string address = "/api/v1/videos/" + CommittedVideo().text();
  const std::string before(*Answer({.path = address})->headers.Get("ETag"));
  const telemetry::LogCapture log;
  const auto changed = Answer(Patch(
      address,
      R"({"title": "Café", "tags": ["x"], "chapters": [{"start_seconds": 1.5, "title": "One"}]})"));
  ASSERT_TRUE(changed.has_value()) << changed.error().message();
  EXPECT_EQ(changed->status, 200);
  EXPECT_EQ(JsonOf(changed)["title"], "Café");
  EXPECT_NE(log.Find({"video edited", "video=" + JsonOf(changed)["id"].get<std::string>()}), "");
  const std::string after(*changed->headers.Get("ETag"));
  EXPECT_NE(after, before);
  const auto read = Answer({.path = address});
  EXPECT_EQ(JsonOf(read), JsonOf(changed));
  EXPECT_EQ(JsonOf(read)["chapters"][0]["start_seconds"], 1.5);
  EXPECT_EQ(read->headers.Get("ETag"), after);
  const auto known =
      Answer({.path = address, .query = {}, .headers = {{"If-None-Match", "W/" + after}}});
  EXPECT_EQ(known->status, 304);
  EXPECT_EQ(TextOf(known), "");
  EXPECT_EQ(known->headers.Get("ETag"), after);
  EXPECT_EQ(JsonOf(Answer(Patch(address, R"({"title": null})")))["title"], "a");
}

TEST_F(HttpApiTest, ChangesNothingForWhoHasSeenAnOlderVersion) {
  const std::string address = "/api/v1/videos/" + CommittedVideo().text();
  const std::string seen(*Answer({.path = address})->headers.Get("ETag"));
  Call mine = Patch(address, R"({"title": "Mine"})");
  mine.headers.Set("If-Match", seen);
  Call theirs = Patch(address, R"({"title": "Theirs"})");
  theirs.headers.Set("If-Match", seen);
  const auto first = Answer(mine);
  EXPECT_EQ(first->status, 200);
  const auto second = Answer(theirs);
  EXPECT_EQ(second->status, 412);
  EXPECT_EQ(second->headers.Get("ETag"), first->headers.Get("ETag"));
  EXPECT_EQ(JsonOf(Answer({.path = address}))["title"], "Mine");
  // It has happened already: a client that lost the answer may ask again.
  EXPECT_EQ(Answer(mine)->status, 200);
  theirs.headers.Set("If-Match", "\"other\", " + std::string(*first->headers.Get("ETag")));
  EXPECT_EQ(Answer(theirs)->status, 200);
  mine.headers.Set("If-Match", "*");
  EXPECT_EQ(Answer(mine)->status, 200);
}

TEST_F(HttpApiTest, SaysWhatIsWrongWithAChange) {
  const std::string address = "/api/v1/videos/" + CommittedVideo().text();
  const auto faulty = Answer(Patch(address, R"({"progress": 1, "title": ""})"));
  EXPECT_EQ(faulty->status, 422);
  const nlohmann::json problem = JsonOf(faulty);
  EXPECT_EQ(problem["errors"][0]["pointer"], "#/progress");
  EXPECT_EQ(problem["errors"][1]["pointer"], "#/title");
  EXPECT_EQ(problem["detail"],
            "Nothing was changed: /progress cannot be changed; /title must not be empty.");
  EXPECT_EQ(Answer(Patch(address, "{")).error().code(), ErrorCode::kInvalidArgument);
  Call json = Patch(address, "{}");
  json.headers.Set("Content-Type", "application/json");
  const auto other_type = Answer(json);
  EXPECT_EQ(other_type->status, 415);
  EXPECT_EQ(other_type->headers.Get("Accept-Patch"), "application/merge-patch+json");
  EXPECT_EQ(Answer(Patch("/api/v1/videos/aaaaaaaaaaa", "{}")).error().code(), ErrorCode::kNotFound);
}

TEST_F(HttpApiTest, SaysWhichParameterOfAListIsWrong) {
  for (const char* query : {"limit=many", "limit=0", "limit=101", "cursor=%21", "sort=size"}) {
    const auto response = Answer({.path = "/api/v1/videos", .query = query});
    ASSERT_FALSE(response.has_value()) << query;
    EXPECT_EQ(response.error().code(), ErrorCode::kInvalidArgument) << query;
  }
}

TEST_F(HttpApiTest, SearchesAndSorts) {
  const VideoId id = CommittedVideo();
  EXPECT_TRUE(Value(search_.UpdateNow(Deadline::Never())).has_value());
  for (const char* query : {"q=VID", "sort=title", "sort=-title&q=vid", "sort=created&limit=1",
                            "sort=relevance&q=video"}) {
    const auto list = Answer({.path = "/api/v1/videos", .query = query});
    ASSERT_TRUE(list.has_value()) << query << ": " << list.error().message();
    ASSERT_EQ(JsonOf(list)["items"].size(), 1U) << query;
    EXPECT_EQ(JsonOf(list)["items"][0]["id"], id.text());
  }
  const auto none = Answer({.path = "/api/v1/videos", .query = "q=nothing"});
  EXPECT_TRUE(JsonOf(none)["items"].empty());
}

TEST_F(HttpApiTest, TellsOfChangesFromTheMomentItIsConnected) {
  auto response = Answer({.path = "/api/v1/events"});
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->headers.Get("Content-Type"), "text/event-stream");
  const VideoId id = CommittedVideo();
  auto& stream = *std::get<std::unique_ptr<http::BodySource>>(response->body);
  std::string text;
  for (int i = 0; i < 5 && text.find(id.text()) == std::string::npos; ++i) {
    const auto piece = Value(stream.Next());
    ASSERT_TRUE(piece.has_value() && piece->has_value());
    text += (*piece)->Flatten();
  }
  EXPECT_NE(text.find("event: video"), std::string::npos);
  EXPECT_NE(text.find("\"id\":\"" + id.text() + "\""), std::string::npos);
  stream.OnServerStopping();
  EXPECT_FALSE(Value(stream.Next())->has_value());
}

TEST_F(HttpApiTest, DescribesEveryRouteAndNothingElse) {
  std::set<std::string> routes;
  for (const http::Route* route : router_.routes()) {
    if (IsOfTheApi(*route)) routes.insert(OperationOf(*route));
  }
  EXPECT_EQ(routes, contract_.operations());
}

TEST_F(HttpApiTest, ServesItsDescriptionToAnyPage) {
  const auto response = Answer({.path = "/api/openapi.json"});
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(TextOf(response), OpenApiDocument());
  const std::string etag(response->headers.Get("ETag").value_or(""));
  const auto again =
      Answer({.path = "/api/openapi.json", .query = {}, .headers = {{"If-None-Match", etag}}});
  EXPECT_EQ(again->status, 304);
  const http::Router::Answer found = router_.Find(Method::kGet, "/api/openapi.json");
  EXPECT_EQ(std::get<http::Router::Match>(found).route->options.cors, http::Cors::kAny);
}

TEST_F(HttpApiTest, ServesPagesUnderAStrictPolicyAndAssetsCompressed) {
  for (const char* path : {"/", "/upload", "/videos/abcdefghijk"}) {
    const auto page = Answer({.path = path});
    ASSERT_TRUE(page.has_value()) << path;
    const auto policy = page->headers.Get("Content-Security-Policy").value_or("");
    EXPECT_NE(policy.find("default-src 'self'"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'self'"), std::string::npos);
  }
  const auto embed = Answer({.path = "/embed/abcdefghijk"});
  EXPECT_EQ(embed->headers.Get("Content-Security-Policy")->find("frame-ancestors"),
            std::string::npos);
  const auto script = Answer(
      {.path = "/assets/main-1.js", .query = {}, .headers = {{"Accept-Encoding", "gzip, br"}}});
  EXPECT_EQ(script->headers.Get("Content-Encoding"), "br");
  EXPECT_EQ(TextOf(script), "brotli");
  EXPECT_EQ(TextOf(Answer({.path = "/assets/main-1.js"})), "let a;");
  EXPECT_EQ(Answer({.path = "/assets/none.js"})->status, 404);
}

TEST_F(HttpApiTest, IsReadyUntilThereIsAReasonNotToBe) {
  EXPECT_EQ(Answer({.path = "/healthz"})->status, 200);
  EXPECT_EQ(Answer({.path = "/readyz"})->status, 200);
  unready_ = "The disk is full.";
  const auto response = Answer({.path = "/readyz"});
  EXPECT_EQ(response->status, 503);
  EXPECT_EQ(JsonOf(response)["detail"], "The disk is full.");
}

TEST_F(HttpApiTest, TellsOfTheStoreWithinTheServerAsAClusterOfOne) {
  const auto response = Answer({.path = "/api/v1/cluster"});
  ASSERT_EQ(response->status, 200);
  const nlohmann::json cluster = JsonOf(response);
  EXPECT_TRUE(cluster["id"].is_null());
  ASSERT_EQ(cluster["nodes"].size(), 1U);
  EXPECT_EQ(cluster["nodes"][0]["state"], "up");
  EXPECT_EQ(cluster["jobs"]["waiting"], 0);
  EXPECT_TRUE(cluster["space"]["capacity_bytes"].is_number());
}

TEST_F(HttpApiTest, TellsItsMetricsAsPrometheusText) {
  const auto response = Answer({.path = "/metrics"});
  EXPECT_EQ(response->headers.Get("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(TextOf(response), "tritontube_jobs 1\n");
}

}  // namespace
}  // namespace tritontube::http_api
