#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "endpoints/http_api/openapi_contract.h"
#include "transport/http/problem.h"

namespace tritontube::http_api {
namespace {

using nlohmann::json;

json AVideo() {
  const json reason{{"code", "a_code"}, {"message", "A sentence."}};
  return {{"id", "abcdefghijk"},
          {"title", "A title"},
          {"description", ""},
          {"tags", {"one"}},
          {"state", "ready"},
          {"playable", true},
          {"progress", 1},
          {"error", nullptr},
          {"created_at", "2026-11-22T10:00:00Z"},
          {"duration_seconds", 12.5},
          {"width", nullptr},
          {"height", nullptr},
          {"frame_rate", nullptr},
          {"size_bytes", nullptr},
          {"copy", {{"safe", false}, {"reasons", {reason}}}},
          {"renditions", json::array()},
          {"captions", json::array()},
          {"loudness", {{"integrated_lufs", -20.5}, {"true_peak_dbfs", -1}}},
          {"chapters", json::array({{{"start_seconds", 0}, {"title", "Intro"}}})},
          {"urls",
           {{"watch", "/videos/abcdefghijk"},
            {"dash", nullptr},
            {"hls", nullptr},
            {"poster", nullptr},
            {"storyboard", nullptr},
            {"original", nullptr},
            {"downloads", nlohmann::json::array()}}}};
}

TEST(OpenApiContract, AllowsAVideoAsTheDocumentDescribesIt) {
  EXPECT_EQ(OpenApiContract().BreachOf("Video", AVideo()), "");
}

TEST(OpenApiContract, SeesWhatIsMissingUnknownOrOfAnotherType) {
  const OpenApiContract contract;
  json without = AVideo();
  without.erase("tags");
  json with = AVideo();
  with["colour"] = "red";
  json wrong = AVideo();
  wrong["progress"] = nullptr;
  json deep = AVideo();
  deep["urls"]["thumbnail"] = "/x";
  json state = AVideo();
  state["state"] = "gone";
  for (const json& video : {without, with, wrong, deep, state}) {
    EXPECT_NE(contract.BreachOf("Video", video), "") << video.dump();
  }
}

TEST(OpenApiContract, SeesAnAnswerThatIsNotDescribed) {
  const OpenApiContract contract;
  const http::Route route{.method = http::Method::kDelete,
                          .pattern = "/api/v1/videos/{id}",
                          .options = {},
                          .handler = {}};
  EXPECT_EQ(contract.BreachOf(route, http::EmptyResponse(204)), "");
  EXPECT_NE(contract.BreachOf(route, http::EmptyResponse(202)), "");
  EXPECT_NE(contract.BreachOf(route, http::TextResponse(404, "text/plain", "no")), "");
  EXPECT_NE(contract.BreachOf(route, http::TextResponse(404, "application/problem+json", "{}")),
            "");
}

TEST(OpenApiContract, KnowsAProblemAsItIsSent) {
  http::Response response = http::ProblemResponse(404, "There is no such video.");
  http::AddRequestId(response, "request-1");
  const auto* const body = std::get_if<blob::Bytes>(&response.body);
  ASSERT_NE(body, nullptr);
  const json problem = json::parse(body->Flatten());
  EXPECT_EQ(problem["request_id"], "request-1");
  EXPECT_EQ(OpenApiContract().BreachOf("Problem", problem), "");
}

TEST(OpenApiDocument, GivesEveryOperationANameOfItsOwn) {
  const json document = json::parse(OpenApiDocument());
  EXPECT_EQ(document["openapi"], "3.1.0");
  std::set<std::string> names;
  for (const json& methods : document["paths"]) {
    for (const auto& [method, operation] : methods.items()) {
      if (method == "parameters") continue;
      EXPECT_TRUE(names.insert(operation.value("operationId", "")).second) << operation.dump();
      EXPECT_FALSE(operation.value("summary", "").empty()) << operation.dump();
    }
  }
}

}  // namespace
}  // namespace tritontube::http_api
