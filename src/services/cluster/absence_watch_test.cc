#include "services/cluster/absence_watch.h"

#include <gtest/gtest.h>

#include "core/coordination/model_coordination.h"
#include "domain/migration/ready_record.h"
#include "domain/topology/changes.h"
#include "foundation/async/task_group.h"
#include "services/cluster/cluster_fixture_test.h"
#include "support/must.h"
#include "support/virtual_time.h"

namespace tritontube::cluster {
namespace {

using std::chrono_literals::operator""s;
using support::Must;

constexpr int kNodes = 5;

NodeId IdOf(int i) { return *NodeId::Parse(fmt::format("node-{:06}", i)); }
std::string AddressOf(int i) { return fmt::format("localhost:{}", 8090 + i); }

// Counts on the virtual time.
class VirtualWallClock final : public Clock {
 public:
  WallTime WallNow() const override { return {}; }
  SteadyTime SteadyNow() const override { return SteadyClock::now(); }
};

class AbsenceWatchTest : public testing::Test {
 public:
  AbsenceWatchTest(const AbsenceWatchTest&) = delete;
  AbsenceWatchTest& operator=(const AbsenceWatchTest&) = delete;

 protected:
  AbsenceWatchTest() {
    std::vector<topology::Member> members;
    for (int i = 0; i < kNodes; ++i) {
      members.push_back({.id = IdOf(i), .address = AddressOf(i)});
      Live(i);
      Answer(i);
    }
    const auto found = topology::Found(*ClusterId::Parse("cluster-aaa"), std::move(members));
    Must(time_.Get(topologies_.Create(Must(found), Soon())));
  }
  ~AbsenceWatchTest() override { time_.Run(tasks_.Stop()); }

  static Deadline Soon() { return Deadline::After(10s); }
  void Commit(coordination::Operation operation) {
    coordination::Txn txn{.compares = {}, .then = {std::move(operation)}};
    Must(time_.Get(etcd_.Commit(std::move(txn), Soon())));
  }
  void Live(int i) { Commit(coordination::Operation::Put("live/" + IdOf(i).text(), "{}")); }
  void Die(int i) { Commit(coordination::Operation::Delete("live/" + IdOf(i).text())); }
  void Answer(int i) {
    replication::NodeStatus status = NewNode(IdOf(i).text());
    status.store.free_bytes = status.store.capacity_bytes;
    nodes_.Add(AddressOf(i), std::move(status));
  }
  // The watch of one node.
  void Watch(int i) {
    watches_.push_back(std::make_unique<AbsenceWatch>(
        etcd_, topologies_, nodes_, clock_, IdOf(i),
        AbsenceWatchOptions{
            .absence = {.give_up_after = 60s}, .comeback = {.steady_for = 30s}, .look_every = 1s}));
    tasks_.Spawn(watches_.back()->Run());
  }
  void Publish(topology::Topology next) {
    const auto now = topologies_.snapshot();
    Must(time_.Get(topologies_.Replace(*now, std::move(next), Soon())));
  }
  // What follows from a change that is asked for, at once.
  void CarryOut() {
    while (topologies_.snapshot()->change) {
      const topology::Topology now = *topologies_.snapshot();
      if (now.plan && now.plan->phase == topology::Phase::kWriteBoth) {
        Publish(topology::UseNew(now, {}));
      } else if (!now.plan && Must(topology::IsPlanNeeded(now))) {
        Publish(Must(topology::BeginPlan(now)));
      } else {
        Publish(Must(topology::Settle(now)));
      }
    }
  }
  // Dies, and is given up.
  void Lose(int i) {
    nodes_.Remove(AddressOf(i));
    Die(i);
    time_.Pass(100s);
    CarryOut();
  }
  // Starts for the so-manieth time.
  void Start(int i, int starts = 2) {
    Answer(i);
    Commit(coordination::Operation::Put(migration::StartsKey(IdOf(i)), fmt::format("{}", starts)));
    Live(i);
  }
  bool IsJoining(int i) const {
    const topology::Member* const member = topologies_.snapshot()->Find(IdOf(i));
    return member != nullptr && member->standing == topology::Standing::kJoining;
  }
  bool IsLeaving(int i) const {
    const topology::Member* const member = topologies_.snapshot()->Find(IdOf(i));
    return member == nullptr || member->standing == topology::Standing::kLeaving;
  }

  support::VirtualTime time_;
  VirtualWallClock clock_;
  coordination::ModelCoordination etcd_{clock_};
  topology::TopologyStore topologies_{etcd_};
  FakeNodes nodes_;
  std::vector<std::unique_ptr<AbsenceWatch>> watches_;
  async::TaskGroup tasks_{time_.executor()};
};

TEST_F(AbsenceWatchTest, ANodeThatIsSilentAndDoesNotAnswerIsGivenUp) {
  Watch(0);
  nodes_.Remove(AddressOf(3));
  Die(3);
  time_.Pass(55s);
  EXPECT_FALSE(IsLeaving(3));
  time_.Pass(30s);
  EXPECT_TRUE(IsLeaving(3));
  EXPECT_FALSE(topologies_.snapshot()->change->accepts_loss);
}

TEST_F(AbsenceWatchTest, OneThatAnswersIsNotGivenUpHoweverLongItsSignOfLifeIsMissing) {
  Watch(0);
  Die(3);
  time_.Pass(200s);
  EXPECT_FALSE(topologies_.snapshot()->change.has_value());
}

TEST_F(AbsenceWatchTest, OnlyTheFirstThatLivesActs) {
  Watch(1);
  nodes_.Remove(AddressOf(3));
  Die(3);
  time_.Pass(100s);
  EXPECT_FALSE(IsLeaving(3));
  Watch(0);
  time_.Pass(100s);
  EXPECT_TRUE(IsLeaving(3));
}

TEST_F(AbsenceWatchTest, OneThatWasGivenUpIsTakenInAgainWhenItIsBackToStay) {
  Watch(0);
  Lose(3);
  ASSERT_EQ(topologies_.snapshot()->Find(IdOf(3)), nullptr);
  Start(3);
  time_.Pass(25s);
  EXPECT_EQ(topologies_.snapshot()->Find(IdOf(3)), nullptr);
  time_.Pass(10s);
  EXPECT_TRUE(IsJoining(3));
  CarryOut();
  EXPECT_EQ(topologies_.snapshot()->members.size(), std::size_t{kNodes});
}

TEST_F(AbsenceWatchTest, OneThatStartsOverAndOverIsNotTakenIn) {
  Watch(0);
  Lose(3);
  for (int starts = 2; starts < 10; ++starts) {
    Start(3, starts);
    time_.Pass(20s);
  }
  EXPECT_EQ(topologies_.snapshot()->Find(IdOf(3)), nullptr);
}

TEST_F(AbsenceWatchTest, OneThatGoesAgainHasToLiveForTwiceAsLong) {
  Watch(0);
  Lose(3);
  Start(3);
  time_.Pass(35s);
  CarryOut();
  Lose(3);
  Start(3, 3);
  time_.Pass(55s);
  EXPECT_EQ(topologies_.snapshot()->Find(IdOf(3)), nullptr);
  time_.Pass(10s);
  EXPECT_TRUE(IsJoining(3));
}

TEST_F(AbsenceWatchTest, OneThatAnOperatorHasRemovedStaysOut) {
  Watch(0);
  Publish(Must(topology::AskFor(*topologies_.snapshot(), {.add = {}, .remove = {IdOf(3)}})));
  CarryOut();
  Start(3);
  time_.Pass(200s);
  EXPECT_EQ(topologies_.snapshot()->Find(IdOf(3)), nullptr);
}

TEST_F(AbsenceWatchTest, AnotherNodeAtItsAddressIsNotTakenInAndDoesNotKeepTheOthersOut) {
  Watch(0);
  Lose(3);
  Lose(4);
  Start(3);
  Start(4);
  nodes_.Add(AddressOf(3), NewNode("node-other0"));
  time_.Pass(40s);
  EXPECT_EQ(topologies_.snapshot()->Find(IdOf(3)), nullptr);
  EXPECT_TRUE(IsJoining(4));
}

TEST_F(AbsenceWatchTest, NobodyIsTakenInWhileAnotherOneHasJustFallenSilent) {
  Watch(0);
  Lose(3);
  Start(3);
  time_.Pass(15s);
  nodes_.Remove(AddressOf(4));
  Die(4);
  time_.Pass(40s);
  EXPECT_EQ(topologies_.snapshot()->Find(IdOf(3)), nullptr);
  Start(4);
  time_.Pass(5s);
  EXPECT_TRUE(IsJoining(3));
}

}  // namespace
}  // namespace tritontube::cluster
