#include "domain/migration/comeback.h"

#include <gmock/gmock.h>

#include "domain/topology/topology_test_values.h"

namespace tritontube::migration {
namespace {

using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;
using topology::AnyNode;

// A cluster of three, of which two others went so often.
topology::Topology ClusterWithout(std::uint8_t first_times, std::uint8_t second_times) {
  std::vector<topology::Member> members;
  members.reserve(3);
  for (int i = 0; i < 3; ++i) {
    members.push_back({.id = AnyNode(i), .address = fmt::format("n{}:1", i)});
  }
  topology::Topology topology =
      topology::Found(*ClusterId::Parse("cluster-aaa"), std::move(members)).value();
  topology.given_up = {{.id = AnyNode(3), .address = "n3:1", .times = first_times},
                       {.id = AnyNode(4), .address = "n4:1", .times = second_times}};
  return topology;
}

class ComebackTest : public testing::Test {
 protected:
  // Looks every second for so long, and gives the last answer.
  std::vector<NodeId> Watch(const Comeback::Lives& lives, std::chrono::seconds duration) {
    std::vector<NodeId> due;
    for (const SteadyTime end = now_ + duration; now_ < end;) {
      now_ += 1s;
      due = comeback_.Decide(topology_, lives, now_);
    }
    return due;
  }

  topology::Topology topology_ = ClusterWithout(1, 1);
  SteadyTime now_{std::chrono::hours(1)};
  Comeback comeback_{{.steady_for = 60s, .doublings_max = 4, .look_gap_max = 10s}};
};

TEST_F(ComebackTest, OneThatLivesForLongEnoughIsTakenInAgain) {
  EXPECT_THAT(Watch({{AnyNode(3), 7}}, 60s), IsEmpty());
  EXPECT_THAT(Watch({{AnyNode(3), 7}}, 1s), ElementsAre(AnyNode(3)));
  EXPECT_THAT(Watch({{AnyNode(3), 7}}, 9s), ElementsAre(AnyNode(3))) << "until it is in";
}

TEST_F(ComebackTest, SilenceAndAnotherLifeBeginTheTimeAnew) {
  Watch({{AnyNode(3), 7}}, 60s);
  Watch({}, 1s);
  EXPECT_THAT(Watch({{AnyNode(3), 7}}, 60s), IsEmpty());
  EXPECT_THAT(Watch({{AnyNode(3), 8}}, 60s), IsEmpty()) << "it has started again meanwhile";
  EXPECT_THAT(Watch({{AnyNode(3), 8}}, 1s), ElementsAre(AnyNode(3)));
}

TEST_F(ComebackTest, WhoHasNotLookedForAWhileDoesNotKnowHowLongItHasLived) {
  Watch({{AnyNode(3), 7}}, 60s);
  now_ += 30s;
  EXPECT_THAT(Watch({{AnyNode(3), 7}}, 60s), IsEmpty());
}

TEST_F(ComebackTest, EachTimeThatANodeWentDoublesTheTimeUpToALimit) {
  topology_ = ClusterWithout(3, 200);
  const Comeback::Lives both{{AnyNode(3), 7}, {AnyNode(4), 9}};
  EXPECT_THAT(Watch(both, 240s), IsEmpty());
  EXPECT_THAT(Watch(both, 1s), ElementsAre(AnyNode(3)));
  EXPECT_THAT(Watch(both, 719s), ElementsAre(AnyNode(3)));
  EXPECT_THAT(Watch(both, 1s), ElementsAre(AnyNode(3), AnyNode(4)));
}

TEST_F(ComebackTest, MembersAndStrangersAreNotTakenIn) {
  topology_.given_up.push_back({.id = AnyNode(1), .address = "n1:1"});
  EXPECT_THAT(Watch({{AnyNode(1), 7}, {AnyNode(9), 8}}, 100s), IsEmpty());
}

}  // namespace
}  // namespace tritontube::migration
