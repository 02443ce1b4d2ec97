#include "endpoints/http_api/http_api_fixture_test.h"
#include "services/space/needs.h"
#include "support/movie_file.h"

namespace tritontube::http_api {
namespace {

class UploadRoutesTest : public HttpApiTest {
 protected:
  static std::string Movie() {
    return support::MakeMovieFile(
               {.tracks = {{.samples = support::FakePictures(500, 25)}}, .moov_first = true})
        .bytes;
  }
  Result<http::Response> Create(http::Headers headers) {
    return Answer(
        {.method = Method::kPost, .path = "/api/v1/uploads", .headers = std::move(headers)});
  }
  std::string MustCreate(std::size_t size) {
    const auto created = Create({{"Upload-Length", std::to_string(size)}});
    EXPECT_EQ(created->status, 201);
    return std::string(created->headers.Get("Location").value_or(""));
  }
  Result<http::Response> Head(const std::string& address) {
    return Answer({.method = Method::kHead, .path = address});
  }
  Result<http::Response> Put(const std::string& address, const std::string& file, std::size_t first,
                             std::size_t length) {
    return Answer({.method = Method::kPut,
                   .path = address,
                   .headers = {{"Content-Range", fmt::format("bytes {}-{}/{}", first,
                                                             first + length - 1, file.size())}},
                   .body = file.substr(first, length)});
  }
};

TEST_F(UploadRoutesTest, TakeAFileInPartsAndTellWhichTheyHave) {
  const std::string file = Movie();
  // "a.mp4", "Summer"
  const auto created = Create({{"Tus-Resumable", "1.0.0"},
                               {"Upload-Length", std::to_string(file.size())},
                               {"Upload-Metadata", "filename YS5tcDQ=,title U3VtbWVy"}});
  ASSERT_TRUE(created.has_value()) << created.error().message();
  EXPECT_EQ(created->status, 201);
  EXPECT_EQ(created->headers.Get("Tus-Resumable"), "1.0.0");
  const std::string id(created->headers.Get("TritonTube-Video").value_or(""));
  const std::string address = "/api/v1/uploads/" + id;
  EXPECT_EQ(created->headers.Get("Location"), address);
  EXPECT_EQ(JsonOf(Answer({.path = "/api/v1/videos/" + id}))["state"], "uploading");

  const auto put = Put(address, file, 10'000, 10'000);
  ASSERT_TRUE(put.has_value()) << put.error().message();
  EXPECT_EQ(put->status, 204);
  EXPECT_EQ(put->headers.Get("Upload-Ranges"), "10000-19999");
  EXPECT_EQ(Head(address)->headers.Get("Upload-Offset"), "0");
  ASSERT_TRUE(Put(address, file, 0, 5000));
  const auto head = Head(address);
  EXPECT_EQ(head->headers.Get("Upload-Offset"), "5000");
  EXPECT_EQ(head->headers.Get("Upload-Length"), std::to_string(file.size()));
  EXPECT_EQ(head->headers.Get("Upload-Ranges"), "0-4999,10000-19999");
  EXPECT_EQ(head->headers.Get("Cache-Control"), "no-store");

  EXPECT_EQ(Put(address, file, 0, file.size())->status, 204);
  EXPECT_EQ(Head(address)->headers.Get("Upload-Offset"), std::to_string(file.size()));
  const auto video = JsonOf(Answer({.path = "/api/v1/videos/" + id}));
  EXPECT_EQ(video["state"], "processing");
  EXPECT_EQ(video["title"], "Summer");
  EXPECT_EQ(video["copy"]["safe"], true) << video.dump();
  EXPECT_EQ(Answer({.method = Method::kDelete, .path = address})->status, 204);
  EXPECT_EQ(Listed().size(), 1U);
}

TEST_F(UploadRoutesTest, RefuseWhatIsNoUploadOfOurs) {
  EXPECT_EQ(Create({}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Create({{"Upload-Length", "-1"}}).error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Create({{"Upload-Length", "5"}, {"Upload-Metadata", "a b"}}).error().code(),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(Create({{"Upload-Length", "0"}})->status, 400);
  EXPECT_EQ(Create({{"Upload-Length", "99999999999999"}})->status, 413);
  const auto other = Create({{"Upload-Length", "5"}, {"Tus-Resumable", "0.2.2"}});
  EXPECT_EQ(other->status, 412);
  EXPECT_EQ(other->headers.Get("Tus-Version"), "1.0.0");
  store_.SetFree(1000);
  EXPECT_EQ(Create({{"Upload-Length", "5000"}})->status, 507);
  EXPECT_EQ(Head("/api/v1/uploads/abcdefghijk").error().code(), ErrorCode::kNotFound);
}

TEST_F(UploadRoutesTest, RefusePartsThatDoNotFit) {
  const std::string file = Movie();
  const std::string address = MustCreate(file.size());
  EXPECT_EQ(Put(address, file + "x", 0, 10).error().code(), ErrorCode::kAlreadyExists);
  const auto put = [&](std::string range) {
    return Answer({.method = Method::kPut,
                   .path = address,
                   .headers = {{"Content-Range", std::move(range)}},
                   .body = "0123456789"});
  };
  const std::string total = std::to_string(file.size());
  EXPECT_EQ(put("").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(put("bytes 0-9/*").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(put("bytes 0-99999999/" + total).error().code(), ErrorCode::kOutOfRange);
  EXPECT_EQ(put("bytes 0-8/" + total)->status, 400);
}

TEST_F(UploadRoutesTest, SayInNumbersThatTheDiskIsFullAndKeepWhatWasAcknowledged) {
  const std::string file = Movie();
  const std::string address = MustCreate(file.size());
  ASSERT_EQ(Put(address, file, 0, 10'000)->status, 204);
  store_.SetFull(true);
  const auto refused = Put(address, file, 10'000, 10'000);
  ASSERT_TRUE(refused.has_value()) << refused.error().message();
  EXPECT_EQ(refused->status, 507);
  EXPECT_EQ(refused->headers.Get("Content-Type"), "application/problem+json");
  const auto problem = JsonOf(refused);
  EXPECT_EQ(problem["needed_bytes"], space::UploadNeed(file.size()) - 10'000);
  for (const char* number : {"free_bytes", "reserved_bytes", "keep_free_bytes"}) {
    EXPECT_TRUE(problem[number].is_number()) << number;
  }
  EXPECT_TRUE(std::string(problem["detail"]).contains("Delete videos")) << problem.dump();
  EXPECT_EQ(Head(address)->headers.Get("Upload-Ranges"), "0-9999");
  store_.SetFull(false);
  EXPECT_EQ(Put(address, file, 10'000, file.size() - 10'000)->status, 204);
  EXPECT_EQ(Listed()[0].row.source->size, file.size());
}

TEST_F(UploadRoutesTest, FailTheVideoOfAFileThatIsNone) {
  const std::string file(20'000, 'x');
  const std::string address = MustCreate(file.size());
  EXPECT_EQ(Put(address, file, 0, 10'000)->status, 204);
  EXPECT_EQ(Listed()[0].row.failure->code, "unsupported_media");
  EXPECT_EQ(Put(address, file, 10'000, 10'000).error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_EQ(Head(address)->status, 410);
}

TEST_F(UploadRoutesTest, EndAnUploadThatIsNotFinished) {
  const std::string file = Movie();
  const std::string address = MustCreate(file.size());
  ASSERT_TRUE(Put(address, file, 0, 10'000));
  EXPECT_EQ(Answer({.method = Method::kDelete, .path = address})->status, 204);
  EXPECT_TRUE(Listed().empty());
  EXPECT_EQ(Head(address).error().code(), ErrorCode::kNotFound);
}

TEST_F(UploadRoutesTest, SayInTheirOptionsWhatOfTusTheySpeak) {
  const http::Router::Answer answer = router_.Find(Method::kOptions, "/api/v1/uploads");
  const auto& options = std::get<http::Router::NoSuchMethod>(answer);
  EXPECT_EQ(options.about.Get("Tus-Version"), "1.0.0");
  EXPECT_EQ(options.about.Get("Tus-Extension"), "creation,termination");
  EXPECT_TRUE(options.about.Has("Tus-Max-Size"));
}

}  // namespace
}  // namespace tritontube::http_api
