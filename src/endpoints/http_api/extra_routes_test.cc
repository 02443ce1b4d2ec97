#include "endpoints/http_api/http_api_fixture_test.h"

namespace tritontube::http_api {
namespace {

class ExtraRoutesTest : public HttpApiTest {};

TEST_F(ExtraRoutesTest, TakesCaptionsReplacesThemAndRemovesThem) {
  const std::string path = "/api/v1/videos/" + CommittedVideo().text() + "/captions/eng";
  Call put{.method = Method::kPut, .path = path, .query = "label=For%20all"};
  put.body = "1\n00:00:01,000 --> 00:00:02,000\nHello\n";
  const auto video = Answer(put);
  ASSERT_TRUE(video.has_value()) << video.error().message();
  EXPECT_EQ(video->status, 200);
  // Listed with an address as soon as there is something to be played with them.
  EXPECT_TRUE(JsonOf(video)["captions"].empty());
  EXPECT_EQ(Listed()[0].row.extras.captions[0].label, "For all");
  put.body = "WEBVTT\n\nthis is no caption\n";
  EXPECT_EQ(Answer(put).error().code(), ErrorCode::kInvalidArgument);

  EXPECT_EQ(Answer({.method = Method::kDelete, .path = path})->status, 204);
  EXPECT_EQ(Answer({.method = Method::kDelete, .path = path}).error().code(), ErrorCode::kNotFound);
}

TEST_F(ExtraRoutesTest, TakesAPictureAsPosterButNeitherDocumentsNorNonsense) {
  const std::string path = "/api/v1/videos/" + CommittedVideo().text() + "/poster";
  const auto put = [&](std::string type, std::string body) {
    return Answer({.method = Method::kPut,
                   .path = path,
                   .query = {},
                   .headers = {{"Content-Type", std::move(type)}},
                   .body = std::move(body)});
  };
  EXPECT_EQ(put("image/jpeg", "\xFF\xD8\xFF and so on")->status, 200);
  EXPECT_TRUE(Listed()[0].row.extras.poster.has_value());
  EXPECT_EQ(put("image/png", "<svg/>").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(put("text/html", "<p>")->status, 415);
  for (const std::string body :
       {"", "5", "{}", R"({"at_seconds":"5"})", R"({"at_seconds":1,"x":2})"}) {
    EXPECT_EQ(put("application/json", body).error().code(), ErrorCode::kInvalidArgument) << body;
  }
  EXPECT_EQ(put("application/json", R"({"at_seconds":1})").error().code(),
            ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tritontube::http_api
