#include "services/cluster/cluster_json.h"

#include <gmock/gmock.h>

namespace tritontube::cluster {
namespace {

using testing::HasSubstr;

ClusterStatus TwoNodes() {
  ClusterStatus status{.cluster = ClusterId::Parse("cluster-aaa"),
                       .epoch = 7,
                       .replication = {.copies = 2, .acks = 2}};
  status.nodes.push_back({.id = NodeId::Parse("node-aaaaaa"),
                          .address = "localhost:8090",
                          .zone = "cellar",
                          .state = NodeView::State::kUp,
                          .slots = 4096,
                          .store = blob::StoreStatus{.stored_bytes = 3ULL << 30U}});
  status.nodes.push_back({.id = NodeId::Parse("node-bbbbbb"),
                          .address = "localhost:8091",
                          .zone = "attic",
                          .reason = "connection refused",
                          .slots = 4096});
  return status;
}

TEST(ClusterJson, TellsWhatIsNotKnownAsNull) {
  const nlohmann::json json = ToJson(TwoNodes());
  EXPECT_EQ(json["nodes"][0]["stored_bytes"], 3ULL << 30U);
  EXPECT_TRUE(json["nodes"][0]["reason"].is_null());
  EXPECT_TRUE(json["nodes"][1]["stored_bytes"].is_null());
  EXPECT_EQ(json["nodes"][1]["state"], "down");
  EXPECT_TRUE(ToJson({})["id"].is_null());
}

TEST(ClusterJson, TellsWhatANodeDoesSoThatWhatItKeepsStaysWhole) {
  ClusterStatus status = TwoNodes();
  status.nodes[0].upkeep = replication::Upkeep{
      .scrub_ended = WallTime(std::chrono::hours(24)), .damaged = 2, .healed = 5};
  const nlohmann::json json = ToJson(status);
  EXPECT_EQ(json["nodes"][0]["damaged_blobs"], 2);
  EXPECT_EQ(json["nodes"][0]["upkeep"]["healed_blobs"], 5);
  EXPECT_EQ(json["nodes"][0]["upkeep"]["scrub_ended_at"], "1970-01-02T00:00:00.000Z");
  EXPECT_TRUE(json["nodes"][1]["upkeep"].is_null());
  EXPECT_EQ(json["health"]["state"], "degraded");
}

TEST(ClusterJson, CountsTheNodesOfEachZone) {
  const nlohmann::json zones = ToJson(TwoNodes())["zones"];
  EXPECT_EQ(zones, nlohmann::json::parse(
                       R"([{"name": "attic", "nodes": 1}, {"name": "cellar", "nodes": 1}])"));
}

TEST(ClusterJson, AsTextHasALineForEachNodeWithWhatIsWrongWithIt) {
  const std::string text = TextOf(ToJson(TwoNodes()).dump()).value();
  EXPECT_THAT(text, HasSubstr("cluster cluster-aaa, epoch 7: 2 of each blob"));
  EXPECT_THAT(text, HasSubstr("3.0 GiB stored"));
  EXPECT_THAT(text, HasSubstr("connection refused\n"));
  EXPECT_THAT(text, HasSubstr("\ndegraded: the content node at localhost:8091 is down: "));
  EXPECT_EQ(std::ranges::count(text, '\n'), 4);
}

TEST(ClusterJson, TellsHowAChangeGoesOnAndHowTheLastOneEnded) {
  ClusterStatus status = TwoNodes();
  EXPECT_TRUE(ToJson(status)["plan"].is_null());
  EXPECT_TRUE(ToJson(status)["past_changes"].empty());
  status.change = ChangeView{.change = {.asked = 5, .moved = {}},
                             .phase = topology::Phase::kWriteBoth,
                             .moved = {.files = 3, .bytes = 3U << 20U},
                             .plan_moved = {.files = 3, .bytes = 3U << 20U},
                             .plan_bytes = 6U << 20U,
                             .plan_progress = 0.5};
  status.past = {{.asked = 4, .aborted = true, .moved = {}, .reason = "it was silent"},
                 {.asked = 2, .moved = {}}};
  status.nodes[0].standing = topology::Standing::kLeaving;
  const nlohmann::json json = ToJson(status);
  EXPECT_EQ(json["plan"]["phase"], "copying");
  EXPECT_EQ(json["plan"]["plan_bytes_expected"], 6U << 20U);
  EXPECT_EQ(json["past_changes"][0]["outcome"], "aborted");
  EXPECT_EQ(json["past_changes"][1]["outcome"], "done");
  EXPECT_EQ(json["nodes"][0]["standing"], "leaving");
  const std::string text = TextOf(json.dump()).value();
  EXPECT_THAT(text, HasSubstr("change 5: copying, 50 %, 3 files and 3.0 MiB moved\n"));
  EXPECT_THAT(text, HasSubstr("last change: aborted, 0 files moved: it was silent\n"));
  EXPECT_THAT(text, HasSubstr("leaving"));
}

TEST(ClusterJson, TellsWhoWasGivenUpAndIsExpectedBack) {
  ClusterStatus status = TwoNodes();
  EXPECT_TRUE(ToJson(status)["given_up"].empty());
  status.given_up = {
      {.id = *NodeId::Parse("node-cccccc"), .address = "localhost:8092", .times = 2}};
  const nlohmann::json json = ToJson(status);
  EXPECT_EQ(json["given_up"][0]["id"], "node-cccccc");
  EXPECT_EQ(json["given_up"][0]["times"], 2);
  EXPECT_THAT(TextOf(json.dump()).value(), HasSubstr("localhost:8092            was given up"));
}

TEST(ClusterJson, AnAnswerThatIsNoSuchDocumentIsAnErrorAndNoCrash) {
  for (const char* const text : {"", "{", "[]", "{}", R"({"nodes": 1})"}) {
    EXPECT_FALSE(TextOf(text).has_value()) << text;
  }
  for (const char* const text : {R"({"nodes": [1, {"address": 7}], "id": {}})",
                                 R"({"nodes": [{"slots": "many", "stored_bytes": []}]})",
                                 R"({"nodes": [{"stored_bytes": -1, "slots": 1e300}]})",
                                 R"({"nodes": [], "given_up": [1, {"address": []}]})"}) {
    EXPECT_TRUE(TextOf(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace tritontube::cluster
