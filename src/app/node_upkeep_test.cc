#include "app/node_upkeep.h"

#include <gmock/gmock.h>

namespace tritontube::app {
namespace {

using std::chrono_literals::operator""min;
using std::chrono_literals::operator""s;
using testing::HasSubstr;
using testing::IsEmpty;
using Json = nlohmann::json;

constexpr std::uint64_t kAsked = 3;

Json Node(const Json& upkeep = Json::object(), const std::string& state = "up") {
  Json all = {{"asked", kAsked},      {"scrubbed_for", 0},    {"compared_for", 0},
              {"scrub_bytes", 0},     {"scrub_bytes_all", 9}, {"healed_blobs", 5},
              {"caught_up_blobs", 7}, {"lacking_slots", 0}};
  all.update(upkeep);
  return {{"address", "n:1"}, {"state", state}, {"damaged_blobs", 0}, {"upkeep", all}};
}

const Json kDone = {{"scrubbed_for", kAsked}, {"compared_for", kAsked}};

class NodeUpkeepTest : public testing::Test {
 protected:
  void See(const Json& node, std::chrono::seconds later = 1s) {
    node_.See(node, slots_move_, now_ += later);
  }

  bool slots_move_ = false;
  SteadyTime now_{std::chrono::hours(1)};
  NodeUpkeep node_{kAsked};
};

TEST_F(NodeUpkeepTest, IsOverWhenEverythingIsReadAndCompared) {
  See(Node());
  See(Node({{"scrubbed_for", kAsked}, {"healed_blobs", 6}}));
  EXPECT_FALSE(node_.is_over());
  See(Node({{"scrubbed_for", kAsked}, {"compared_for", kAsked}, {"healed_blobs", 6}}));
  EXPECT_TRUE(node_.is_over());
  EXPECT_THAT(node_.problem(), IsEmpty());
  EXPECT_EQ(node_.healed(), 1U) << "since the request";
  EXPECT_EQ(node_.caught_up(), 0U);
}

TEST_F(NodeUpkeepTest, SaysWhatIsNotWellInTheEnd) {
  Json damaged = Node(kDone);
  damaged["damaged_blobs"] = 2;
  See(damaged);
  EXPECT_THAT(node_.problem(), HasSubstr("2 blobs are damaged"));
  NodeUpkeep lacking{kAsked};
  lacking.See(Node({{"scrubbed_for", kAsked}, {"compared_for", kAsked}, {"lacking_slots", 4}}),
              false, now_);
  EXPECT_THAT(lacking.problem(), HasSubstr("of 4 slots: its log says why"));
  NodeUpkeep repaired{kAsked};
  repaired.See(Node({{"scrubbed_for", kAsked}}, "incomplete"), false, now_);
  EXPECT_THAT(repaired.problem(), HasSubstr("being repaired"));
}

TEST_F(NodeUpkeepTest, OneThatDoesNotMoveEndsItWithWhatToDo) {
  See(Node({{"scrubbed_for", kAsked}}));
  See(Node({{"scrubbed_for", kAsked}}), 5min - 1s);
  EXPECT_FALSE(node_.is_over());
  See(Node({{"scrubbed_for", kAsked}}));
  EXPECT_TRUE(node_.is_over());
  EXPECT_THAT(node_.problem(), HasSubstr("comparing what it has with the others has not come "
                                         "further for 5 minutes"));
  EXPECT_THAT(node_.problem(), HasSubstr("start it anew, and ask again"));
}

TEST_F(NodeUpkeepTest, WaitsWhileSlotsMove) {
  slots_move_ = true;
  for (int i = 0; i < 10; ++i) See(Node({{"scrubbed_for", kAsked}}), 4min);
  EXPECT_FALSE(node_.is_over()) << "nobody compares meanwhile";
  slots_move_ = false;
  See(Node({{"scrubbed_for", kAsked}}), 4min);
  EXPECT_FALSE(node_.is_over());
  See(Node(kDone));
  EXPECT_TRUE(node_.is_over());
}

TEST_F(NodeUpkeepTest, OneThatDoesNotReadEndsItAlsoWhileSlotsMove) {
  slots_move_ = true;
  See(Node());
  See(Node(), 5min);
  EXPECT_THAT(node_.problem(), HasSubstr("reading what it stores"));
}

TEST_F(NodeUpkeepTest, OneThatMovesMayTakeAsLongAsItTakes) {
  for (int i = 0; i < 10; ++i) See(Node({{"scrub_bytes", i}}), 4min);
  EXPECT_FALSE(node_.is_over());
  See(Node({{"scrub_bytes", 9}}), 5min);
  EXPECT_THAT(node_.problem(), HasSubstr("reading what it stores"));
}

TEST_F(NodeUpkeepTest, OneThatDoesNotAnswerForAMomentIsNotDown) {
  Json silent = Node();
  silent["upkeep"] = nullptr;
  silent["reason"] = "connection refused";
  See(silent);
  See(silent, 4s);
  See(Node());
  See(silent);
  See(silent, 4s);
  EXPECT_FALSE(node_.is_over());
  See(silent);
  EXPECT_THAT(node_.problem(), HasSubstr("does not answer: connection refused"));
}

TEST_F(NodeUpkeepTest, OneThatHasLeftTheClusterIsNotWaitedFor) {
  See({});
  EXPECT_FALSE(node_.is_over());
  See({}, 5s);
  EXPECT_THAT(node_.problem(), HasSubstr("not in the cluster any more"));
}

TEST_F(NodeUpkeepTest, OneThatWasStartedAnewIsAskedAgain) {
  See(Node());
  See(Node({{"asked", 0}, {"healed_blobs", 1}}));
  EXPECT_TRUE(node_.is_forgotten());
  node_.Ask(1);
  EXPECT_FALSE(node_.is_forgotten());
  See(Node({{"asked", 1}, {"scrubbed_for", 1}, {"compared_for", 1}, {"healed_blobs", 1}}));
  EXPECT_TRUE(node_.is_over());
  EXPECT_EQ(node_.healed(), 1U);
}

TEST(NodeUpkeepRefused, OneThatCouldNotBeAskedIsOver) {
  const NodeUpkeep node(Fail(ErrorCode::kUnavailable, "connection refused"));
  EXPECT_TRUE(node.is_over());
  EXPECT_EQ(node.problem(), "connection refused");
}

}  // namespace
}  // namespace tritontube::app
