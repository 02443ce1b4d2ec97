#include <nlohmann/json.hpp>

#include "endpoints/http_api/routes.h"
#include "support/published_videos.h"

namespace tritontube::http_api {
namespace {

class NoBody final : public http::RequestBody {
 public:
  async::Task<Result<std::optional<blob::Bytes>>> Read(ByteCount /*max*/) override {
    co_return std::nullopt;
  }
  std::optional<ByteCount> length() const override { return 0; }
};

class VerificationRoutesTest : public support::PublishedVideos {
 protected:
  VerificationRoutesTest() { AddVerificationRoutes(router_, verifier_); }

  Result<http::Response> Post(const std::string& query) {
    return Answer(http::Method::kPost, query);
  }
  Result<http::Response> Answer(http::Method method, const std::string& query) {
    NoBody body;
    const auto found = router_.Find(method, "/api/v1/verification");
    http::Request request{.method = method,
                          .path = "/api/v1/verification",
                          .query = http::QueryParameters::Parse(query).value(),
                          .headers = {},
                          .remote_address = "127.0.0.1",
                          .id = "1",
                          .parameters = {},
                          .body = body};
    return Value(std::get<http::Router::Match>(found).route->handler(request));
  }
  // Every line of the answer's body.
  std::vector<nlohmann::json> Lines(http::Response& response) {
    auto& source = *std::get<std::unique_ptr<http::BodySource>>(response.body);
    std::vector<nlohmann::json> lines;
    for (;;) {
      const auto piece = Value(source.Next());
      EXPECT_TRUE(piece.has_value());
      if (!piece || !*piece) return lines;
      const std::string text = (*piece)->Flatten();
      EXPECT_TRUE(text.ends_with('\n'));
      lines.push_back(nlohmann::json::parse(text, nullptr, false));
    }
  }

  verification::DamageLog log_{coordination_};
  verification::Verifier verifier_{catalog_, store_, log_, clock_};
  http::Router router_;
};

TEST_F(VerificationRoutesTest, TellsHowMuchThereIsToDoThenWhatWasFound) {
  const Published whole = PublishedVideo();
  const Published video = PublishedVideo("a0-init.mp4");
  store_.Corrupt(video.Source());
  auto response = Post("");
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(response->headers.Get("Content-Type"), "application/x-ndjson");
  const std::vector<nlohmann::json> lines = Lines(*response);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0]["checked_bytes"], 0);
  EXPECT_GT(lines[0]["total_bytes"], 0);
  EXPECT_EQ(lines[1]["checked_blobs"], 2 * kBlobsOfVideo);
  ASSERT_EQ(lines[1]["corrupt"].size(), 1U);
  EXPECT_EQ(lines[1]["corrupt"][0]["video"], video.id.text());
  EXPECT_EQ(lines[1]["corrupt"][0]["file"], "source-000000");
  EXPECT_FALSE(lines[1]["corrupt"][0]["reason"].get<std::string>().empty());
  ASSERT_EQ(lines[1]["missing"].size(), 1U);
  EXPECT_EQ(lines[1]["missing"][0]["file"], "a0-init.mp4");
}

TEST_F(VerificationRoutesTest, VerifiesOneVideoWhenAskedTo) {
  PublishedVideo();
  const Published video = PublishedVideo();
  auto response = Post("video=" + video.id.text());
  ASSERT_TRUE(response.has_value());
  const nlohmann::json summary = Lines(*response).back();
  EXPECT_EQ(summary["checked_blobs"], kBlobsOfVideo);
  EXPECT_TRUE(summary["corrupt"].empty());
  EXPECT_TRUE(summary["missing"].empty());
}

TEST_F(VerificationRoutesTest, DoesNotFindAVideoThatIsNotThere) {
  for (const std::string id : {"nonsense", "abcdefghijk"}) {
    const auto response = Post("video=" + id);
    ASSERT_FALSE(response.has_value());
    EXPECT_EQ(response.error().code(), ErrorCode::kNotFound);
  }
}

TEST_F(VerificationRoutesTest, SaysInItsLastLineWhyItCouldNotGoOn) {
  PublishedVideo();
  auto response = Post("");
  ASSERT_TRUE(response.has_value());
  store_.FailNext(support::MemoryBlobStore::Operation::kStat,
                  Error(ErrorCode::kUnavailable, "the disk does not answer"));
  const nlohmann::json last = Lines(*response).back();
  EXPECT_EQ(last["error"]["message"], "the disk does not answer");
  EXPECT_FALSE(last.contains("corrupt"));
}

TEST_F(VerificationRoutesTest, TellsWhatIsKnownToBeDamagedAndHowFarTheScrubIs) {
  const Published video = PublishedVideo();
  store_.Corrupt(video.Source());
  auto response = Post("");
  ASSERT_TRUE(response.has_value());
  EXPECT_EQ(Lines(*response).back()["damaged_blobs"], 1);
  const auto known = Answer(http::Method::kGet, "");
  ASSERT_TRUE(known.has_value());
  const nlohmann::json json =
      nlohmann::json::parse(std::get<blob::Bytes>(known->body).Flatten(), nullptr, false);
  EXPECT_EQ(json["state"], "waiting");
  EXPECT_TRUE(json["last_ended_at"].is_null());
  ASSERT_EQ(json["damaged"].size(), 1U);
  EXPECT_EQ(json["damaged"][0]["video"], video.id.text());
  EXPECT_EQ(json["damaged"][0]["kind"], "corrupt");
}

TEST_F(VerificationRoutesTest, EndsWithAReasonWhenTheServerStops) {
  PublishedVideo();
  auto response = Post("");
  ASSERT_TRUE(response.has_value());
  std::get<std::unique_ptr<http::BodySource>>(response->body)->OnServerStopping();
  EXPECT_TRUE(Lines(*response).back().contains("error"));
}

}  // namespace
}  // namespace tritontube::http_api
