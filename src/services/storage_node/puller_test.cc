#include "services/storage_node/puller.h"

#include <gtest/gtest.h>

#include "domain/migration/ready_record.h"
#include "foundation/async/task_group.h"
#include "services/storage_node/several_nodes_test.h"

namespace tritontube::storage_node {
namespace {

using std::chrono_literals::operator""s;
using support::Must;

class Pulling : public Running<Puller> {
 public:
  Pulling(SeveralNodes& nodes, std::size_t i, PullerOptions options = {})
      : Running(nodes, nodes.node(i), nodes, nodes.etcd(), nodes.topologies(), options) {}
};

class PullerTest : public testing::Test {
 protected:
  static constexpr int kBlobs = 60;

  std::optional<migration::ReadyRecord> Ready(std::size_t i) {
    if (!nodes_.topology().plan) return std::nullopt;
    const auto key = migration::ReadyKey(nodes_.topology().plan->began,
                                         SeveralNodes::MemberOf(static_cast<int>(i)).id);
    const auto answer = Must(nodes_.Run(nodes_.etcd().Get(key, SeveralNodes::Soon())));
    if (!answer.item) return std::nullopt;
    return Must(migration::DecodeReady(answer.item->value));
  }
  // Every blob is where an acknowledged put has to be at least: on two of three.
  void StoreOnTwoOfThree() {
    for (int blob = 0; blob < kBlobs; ++blob) {
      for (int i = 0; i < 3; ++i) {
        if (i != blob % 3) nodes_.Store(static_cast<std::size_t>(i), blob);
      }
    }
  }
  void StoreOnAll() {
    for (int blob = 0; blob < kBlobs; ++blob) {
      for (std::size_t i = 0; i < 3; ++i) nodes_.Store(i, blob);
    }
  }
  std::size_t CountOn(std::size_t i) { return nodes_.CountOn(i, kBlobs); }
  std::size_t CountKept(std::size_t i) { return nodes_.CountKept(i, kBlobs); }
  // The fourth node comes for the first one.
  void BeginReplacing() {
    const topology::Request request{.add = {SeveralNodes::MemberOf(3)},
                                    .remove = {SeveralNodes::MemberOf(0).id}};
    nodes_.Publish(Must(topology::BeginPlan(Must(topology::AskFor(nodes_.topology(), request)))));
  }
  // The fourth node comes, and is ready with all that it keeps.
  void ExpectThatAFourthGetsAll() {
    nodes_.BeginAdding(3);
    const Pulling pulling(nodes_, 3);
    nodes_.time().Pass(5s);
    EXPECT_TRUE(Ready(3).has_value());
    EXPECT_EQ(CountOn(3), CountKept(3));
  }

  SeveralNodes nodes_{3, 4};
};

TEST_F(PullerTest, ANewNodeHasEverythingOfItsSlotsAndNothingElseWhenItSaysSo) {
  StoreOnTwoOfThree();
  nodes_.BeginAdding(3);
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(2s);
  const auto ready = Ready(3);
  ASSERT_TRUE(ready.has_value());
  EXPECT_EQ(ready->moved.files, CountKept(3));
  EXPECT_EQ(ready->starts, nodes_.node(3).state()->starts);
  for (int blob = 0; blob < kBlobs; ++blob) EXPECT_EQ(nodes_.Has(3, blob), nodes_.Keeps(3, blob));
}

TEST_F(PullerTest, EverySourceHasRecordedTheEpochBeforeItGives) {
  const topology::Request request{.add = {SeveralNodes::MemberOf(3)}, .remove = {}};
  nodes_.Publish(Must(topology::BeginPlan(Must(topology::AskFor(nodes_.topology(), request)))),
                 {0, 1, 2});
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(2s);
  ASSERT_TRUE(Ready(3).has_value());
  int fenced = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    if (nodes_.node(i).state()->epoch == nodes_.topology().epoch) ++fenced;
  }
  EXPECT_GE(fenced, 2);
}

TEST_F(PullerTest, OneOfThreeSourcesIsNotEnough) {
  StoreOnTwoOfThree();
  nodes_.BeginAdding(3);
  nodes_.Silence(0);
  nodes_.Silence(1);
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(10s);
  EXPECT_FALSE(Ready(3).has_value());
  nodes_.Silence(1, false);
  nodes_.time().Pass(5s);
  EXPECT_TRUE(Ready(3).has_value());
  EXPECT_EQ(CountOn(3), CountKept(3));
}

TEST_F(PullerTest, WhatIsHereAlreadyIsNotFetched) {
  StoreOnTwoOfThree();
  nodes_.BeginAdding(3);
  for (int blob = 0; blob < kBlobs; ++blob) {
    if (nodes_.Keeps(3, blob)) nodes_.Store(3, blob);
  }
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(2s);
  EXPECT_EQ(Ready(3).value().moved.files, 0U);
  EXPECT_EQ(nodes_.gets(), 0U);
}

TEST_F(PullerTest, WhatIsDamagedAtOneSourceComesFromAnother) {
  StoreOnAll();
  for (int blob = 0; blob < kBlobs; ++blob) {
    nodes_.peer(static_cast<std::size_t>(blob % 3)).store.Corrupt(nodes_.KeyOf(blob));
  }
  ExpectThatAFourthGetsAll();
}

// Who does not answer may have it: only who says so does not.
TEST_F(PullerTest, WhatWasAskedForInVainIsAskedForAgain) {
  for (int blob = 0; blob < kBlobs; ++blob) nodes_.Store(0, blob);
  nodes_.Silence(2);
  nodes_.LoseGets(1);
  ExpectThatAFourthGetsAll();
}

TEST(PullerWalk, APageThatWasLostDoesNotBeginItFromTheStart) {
  const auto scans_with_lost = [](std::size_t nth) {
    SeveralNodes nodes(1, 2);
    for (int blob = 0; blob < 60; ++blob) nodes.Store(0, blob);
    nodes.BeginAdding(1);
    nodes.LoseScan(nth);
    const Pulling pulling(nodes, 1, {.fetch = {.page_items = 5}});
    nodes.time().Pass(5s);
    return nodes.scans();
  };
  const std::size_t undisturbed = scans_with_lost(0);
  EXPECT_GT(undisturbed, 8U);
  EXPECT_EQ(scans_with_lost(8), undisturbed + 1);
}

TEST_F(PullerTest, BytesThatAreNotWhatWasListedAreNotStored) {
  StoreOnAll();
  nodes_.Garble(0);
  ExpectThatAFourthGetsAll();
}

TEST_F(PullerTest, OfAPlanThatIsGivenUpNothingIsSaid) {
  StoreOnTwoOfThree();
  nodes_.BeginAdding(3);
  const topology::Epoch plan = nodes_.topology().plan->began;
  nodes_.Silence(0);
  nodes_.Silence(1);
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(1s);
  nodes_.Publish(Must(topology::Abort(nodes_.topology(), "enough")));
  nodes_.Silence(0, false);
  nodes_.Silence(1, false);
  nodes_.time().Pass(10s);
  const auto key = migration::ReadyKey(plan, SeveralNodes::MemberOf(3).id);
  EXPECT_FALSE(Must(nodes_.Run(nodes_.etcd().Get(key, SeveralNodes::Soon()))).item.has_value());
}

TEST_F(PullerTest, AMemberThatHasMissedSomethingIsCompleteWhenItHasEverythingAgain) {
  StoreOnTwoOfThree();
  topology::Topology behind = nodes_.topology();
  ++behind.epoch;
  behind.members[1].incomplete = true;
  nodes_.Publish(behind);
  const Pulling pulling(nodes_, 1);
  nodes_.time().Pass(5s);
  const auto now = Must(nodes_.Run(nodes_.topologies().Load(SeveralNodes::Soon())));
  EXPECT_FALSE(now->members[1].incomplete);
  EXPECT_EQ(now->epoch, behind.epoch + 1);
  EXPECT_EQ(CountOn(1), static_cast<std::size_t>(kBlobs));
}

TEST_F(PullerTest, WithFewerCopiesWhoStaysHasEverythingBeforeTheyAreInUse) {
  StoreOnTwoOfThree();
  const topology::Request request{.add = {}, .remove = {SeveralNodes::MemberOf(0).id}};
  nodes_.Publish(Must(topology::BeginPlan(Must(topology::AskFor(nodes_.topology(), request)))));
  const Pulling one(nodes_, 1);
  const Pulling other(nodes_, 2);
  nodes_.time().Pass(5s);
  EXPECT_TRUE(Ready(1).has_value() && Ready(2).has_value());
  EXPECT_EQ(CountOn(1), static_cast<std::size_t>(kBlobs));
  EXPECT_EQ(CountOn(2), static_cast<std::size_t>(kBlobs));
}

TEST_F(PullerTest, WhoStaysAloneWithWhatHasRottenIsHealedByThoseWhoLeaveFirst) {
  StoreOnAll();
  for (int blob = 0; blob < kBlobs; ++blob) nodes_.peer(0).store.Corrupt(nodes_.KeyOf(blob));
  const topology::Request request{
      .add = {}, .remove = {SeveralNodes::MemberOf(1).id, SeveralNodes::MemberOf(2).id}};
  nodes_.Publish(Must(topology::BeginPlan(Must(topology::AskFor(nodes_.topology(), request)))));
  nodes_.Silence(1);
  nodes_.Silence(2);
  const Pulling pulling(nodes_, 0);
  nodes_.time().Pass(30s);
  EXPECT_FALSE(Ready(0).has_value()) << "somebody may have what is damaged here";
  nodes_.Silence(1, false);
  nodes_.Silence(2, false);
  nodes_.time().Pass(60s);
  EXPECT_TRUE(Ready(0).has_value());
  EXPECT_EQ(CountOn(0), std::size_t{kBlobs});
}

TEST_F(PullerTest, AnOldCopyThatHasRottenDoesNotStandForTheOneThatLeaves) {
  StoreOnAll();
  for (int blob = 0; blob < kBlobs; ++blob) {
    nodes_.Store(3, blob);
    nodes_.peer(3).store.Corrupt(nodes_.KeyOf(blob));
  }
  BeginReplacing();
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(5s);
  EXPECT_TRUE(Ready(3).has_value());
  EXPECT_EQ(CountOn(3), CountKept(3));
}

TEST_F(PullerTest, WhatCannotBeHealedNowDoesNotKeepTheRestFromBeingPulled) {
  StoreOnAll();
  nodes_.Store(3, 7);
  for (const std::size_t i : {std::size_t{1}, std::size_t{2}, std::size_t{3}}) {
    nodes_.peer(i).store.Corrupt(nodes_.KeyOf(7));
  }
  BeginReplacing();
  nodes_.Silence(0);
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(30s);
  EXPECT_EQ(CountOn(3) + 1, CountKept(3));
  EXPECT_FALSE(Ready(3).has_value()) << "who is silent may have it";
  nodes_.Silence(0, false);
  nodes_.time().Pass(5s);
  EXPECT_TRUE(Ready(3).has_value());
  EXPECT_EQ(CountOn(3), CountKept(3));
}

TEST_F(PullerTest, WhatIsDamagedEverywhereDoesNotKeepAPlanFromGoingOn) {
  StoreOnAll();
  nodes_.Store(3, 7);
  for (std::size_t i = 0; i < 4; ++i) nodes_.peer(i).store.Corrupt(nodes_.KeyOf(7));
  BeginReplacing();
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(5s);
  EXPECT_TRUE(Ready(3).has_value());
}

TEST_F(PullerTest, ShowsHowFarItIs) {
  StoreOnTwoOfThree();
  nodes_.BeginAdding(3);
  nodes_.Silence(0);
  nodes_.Silence(1);
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(2s);
  const auto status = Must(nodes_.Run(nodes_.node(3).Status(SeveralNodes::Soon())));
  ASSERT_TRUE(status.pulling.has_value());
  EXPECT_EQ(status.pulling->plan, nodes_.topology().plan->began);
  EXPECT_EQ(status.pulling->slots, 3072U);
  EXPECT_EQ(status.pulling->slots_done, 0U);
  EXPECT_GT(status.pulling->moved.files, 0U);
}

// Its folder came back old before it had got anything to keep: it lacks nothing, and the plan that
// waits for it must go on.
TEST_F(PullerTest, WhoHasMissedSomethingAndKeepsNothingYetSaysSo) {
  nodes_.BeginAdding(3);
  topology::Topology behind = nodes_.topology();
  ++behind.epoch;
  behind.members[3].incomplete = true;
  nodes_.Publish(std::move(behind));
  const Pulling pulling(nodes_, 3);
  nodes_.time().Pass(5s);
  const auto now = Must(nodes_.Run(nodes_.topologies().Load(SeveralNodes::Soon())));
  EXPECT_FALSE(now->members[3].incomplete);
}

}  // namespace
}  // namespace tritontube::storage_node
