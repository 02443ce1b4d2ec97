#include "domain/migration/absence.h"

#include <gmock/gmock.h>

#include "domain/topology/changes.h"
#include "domain/topology/topology_test_values.h"

namespace tritontube::migration {
namespace {

using std::chrono_literals::operator""s;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using topology::AnyNode;

topology::Topology Cluster(int nodes, int in_attic = 0) {
  std::vector<topology::Member> members;
  members.reserve(static_cast<std::size_t>(nodes));
  for (int i = 0; i < nodes; ++i) {
    members.push_back({.id = AnyNode(i),
                       .address = fmt::format("n{}:1", i),
                       .zone = in_attic == 0  ? ""
                               : i < in_attic ? "attic"
                                              : "cellar"});
  }
  return topology::Found(*ClusterId::Parse("cluster-aaa"), std::move(members)).value();
}

std::set<NodeId> AllBut(const topology::Topology& topology, const std::set<int>& silent) {
  std::set<NodeId> lives;
  for (const topology::Member& member : topology.members) lives.insert(member.id);
  for (const int i : silent) lives.erase(AnyNode(i));
  return lives;
}

class AbsenceTest : public testing::Test {
 protected:
  // Looks every second for so long, and gives the last verdict.
  Absence::Verdict Watch(const topology::Topology& topology, const std::set<int>& silent,
                         std::chrono::seconds duration) {
    Absence::Verdict verdict;
    for (const SteadyTime end = now_ + duration; now_ < end;) {
      now_ += 1s;
      verdict = absence_.Decide(topology, AllBut(topology, silent), now_);
    }
    return verdict;
  }

  SteadyTime now_{std::chrono::hours(1)};
  Absence absence_{{.give_up_after = 60s, .look_gap_max = 10s}};
};

TEST_F(AbsenceTest, OneThatIsSilentForLongEnoughIsGivenUp) {
  const topology::Topology five = Cluster(5);
  EXPECT_THAT(Watch(five, {3}, 60s).give_up, IsEmpty());
  EXPECT_THAT(Watch(five, {3}, 1s).give_up, ElementsAre(AnyNode(3)));
}

TEST_F(AbsenceTest, ASignOfLifeBeginsTheTimeAnew) {
  const topology::Topology five = Cluster(5);
  Watch(five, {3}, 59s);
  Watch(five, {}, 1s);
  EXPECT_THAT(Watch(five, {3}, 60s).give_up, IsEmpty());
}

TEST_F(AbsenceTest, WhoHasNotLookedForAWhileDoesNotKnowHowLongItWasSilent) {
  const topology::Topology five = Cluster(5);
  Watch(five, {3}, 59s);
  now_ += 30s;
  EXPECT_THAT(Watch(five, {3}, 60s).give_up, IsEmpty());
}

TEST_F(AbsenceTest, TooManyAtOnceAreLeftToAPerson) {
  const topology::Topology five = Cluster(5);
  const Absence::Verdict verdict = Watch(five, {1, 3}, 100s);
  EXPECT_THAT(verdict.give_up, IsEmpty());
  EXPECT_THAT(verdict.held_back, HasSubstr("too many"));
  // One of them is back: the other one is lost.
  EXPECT_THAT(Watch(five, {1}, 1s).give_up, ElementsAre(AnyNode(1)));
}

TEST_F(AbsenceTest, ATenthOfALargeClusterAndAWholeZoneMayBeLostAtOnce) {
  EXPECT_THAT(Watch(Cluster(20), {1, 3}, 100s).give_up, ElementsAre(AnyNode(1), AnyNode(3)));
  EXPECT_THAT(Watch(Cluster(6, 2), {0, 1}, 100s).give_up, ElementsAre(AnyNode(0), AnyNode(1)));
}

TEST_F(AbsenceTest, NobodyIsGivenUpWhenNoOtherNodeCouldTakeTheCopies) {
  const Absence::Verdict verdict = Watch(Cluster(3), {2}, 100s);
  EXPECT_THAT(verdict.give_up, IsEmpty());
  EXPECT_THAT(verdict.held_back, HasSubstr("no other node"));
}

TEST_F(AbsenceTest, NothingIsAskedForWhileSlotsMoveOrAMemberIsRepaired) {
  const topology::Topology five = Cluster(5);
  const topology::Topology changing =
      topology::AskFor(five, {.add = {}, .remove = {AnyNode(4)}}).value();
  EXPECT_THAT(Watch(changing, {3}, 100s).give_up, IsEmpty());
  const topology::Topology repairing = topology::MarkIncomplete(five, AnyNode(1)).value();
  EXPECT_THAT(Watch(repairing, {3}, 100s).give_up, IsEmpty());
  EXPECT_THAT(Watch(five, {3}, 1s).give_up, ElementsAre(AnyNode(3)));
}

TEST_F(AbsenceTest, WhileSomebodyHasJustFallenSilentOrTooManyAreNobodyIsTakenIn) {
  const topology::Topology three = Cluster(3);
  EXPECT_TRUE(Watch(three, {}, 1s).is_calm);
  EXPECT_FALSE(Watch(three, {2}, 60s).is_calm);
  EXPECT_TRUE(Watch(three, {2}, 1s).is_calm) << "it is waited for in vain, and another one helps";
  EXPECT_FALSE(Watch(three, {1, 2}, 100s).is_calm);
  const topology::Topology repairing = topology::MarkIncomplete(three, AnyNode(1)).value();
  EXPECT_FALSE(Watch(repairing, {}, 1s).is_calm);
}

TEST_F(AbsenceTest, WithNoTimeNobodyIsEverGivenUp) {
  Absence never({.give_up_after = 0s});
  const topology::Topology five = Cluster(5);
  EXPECT_THAT(never.Decide(five, AllBut(five, {3}), now_).give_up, IsEmpty());
  EXPECT_THAT(never.Decide(five, AllBut(five, {3}), now_ + 1s).give_up, IsEmpty());
}

}  // namespace
}  // namespace tritontube::migration
