#include "services/cluster/coordinator.h"

#include <gmock/gmock.h>

#include "core/coordination/model_coordination.h"
#include "domain/migration/ready_record.h"
#include "domain/topology/changes.h"
#include "foundation/async/task_group.h"
#include "support/must.h"
#include "support/virtual_time.h"

namespace tritontube::cluster {
namespace {

using std::chrono_literals::operator""s;
using coordination::Operation;
using support::Must;
using topology::Topology;

class VirtualSteadyClock final : public Clock {
 public:
  WallTime WallNow() const override { return {}; }
  SteadyTime SteadyNow() const override { return SteadyClock::now(); }
};

topology::Member MemberOf(int i) {
  return {.id = *NodeId::Parse(fmt::format("node-{:06}", i)), .address = fmt::format("n{}:1", i)};
}

// A process that may lead, as long as this lives.
class Process {
 public:
  Process(support::VirtualTime& time, coordination::Coordination& etcd, std::string name)
      : time_(time),
        topologies_(etcd),
        coordinator_(etcd, topologies_, clock_, std::move(name),
                     {.steering = {.silence_max = 20s}}),
        tasks_(time.executor()) {
    tasks_.Spawn(topologies_.Run());
    tasks_.Spawn(coordinator_.Run());
  }
  ~Process() { time_.Run(tasks_.Stop()); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

 private:
  support::VirtualTime& time_;
  VirtualSteadyClock clock_;
  topology::TopologyStore topologies_;
  Coordinator coordinator_;
  async::TaskGroup tasks_;
};

class CoordinatorTest : public testing::Test {
 protected:
  CoordinatorTest() {
    std::vector<topology::Member> members;
    members.reserve(3);
    for (int i = 0; i < 3; ++i) members.push_back(MemberOf(i));
    Must(Run(topologies_.Create(
        Must(topology::Found(*ClusterId::Parse("cluster-000"), std::move(members))), Soon())));
  }

  static Deadline Soon() { return Deadline::After(10s); }
  template <typename T>
  T Run(async::Task<T> task) {
    return time_.Get(std::move(task));
  }
  Topology Now() { return *Must(Run(topologies_.Load(Soon()))); }
  void AskForAFourth() {
    const Topology now = Now();
    Topology next = Must(topology::AskFor(now, {.add = {MemberOf(3)}, .remove = {}}));
    Must(Run(topologies_.Replace(now, std::move(next), Soon())));
  }
  void Put(std::string key, std::string value) {
    coordination::Txn txn{.compares = {},
                          .then = {Operation::Put(std::move(key), std::move(value))}};
    Must(Run(etcd_.Commit(std::move(txn), Soon())));
  }
  // The fourth node says so.
  void BeReady(std::uint64_t starts = 1) {
    Put("node/" + MemberOf(3).id.text(), "1");
    Put(migration::ReadyKey(Now().plan->began, MemberOf(3).id),
        migration::Encode({.starts = starts, .moved = {.files = 5, .bytes = 50}}));
  }
  void ShowLife() { Put("live/" + MemberOf(3).id.text(), "{}"); }
  std::string Leader() {
    const auto answer = Must(Run(etcd_.Get("leader", Soon())));
    return answer.item ? answer.item->value : "";
  }

  support::VirtualTime time_;
  SystemClock wall_clock_;
  coordination::ModelCoordination etcd_{wall_clock_};
  topology::TopologyStore topologies_{etcd_};
};

TEST_F(CoordinatorTest, CarriesAChangeOutFromBeginningToEnd) {
  const Process process(time_, etcd_, "one");
  AskForAFourth();
  ShowLife();
  time_.Pass(3s);
  ASSERT_TRUE(Now().plan.has_value());
  EXPECT_EQ(Now().plan->phase, topology::Phase::kWriteBoth);
  BeReady();
  time_.Pass(3s);
  EXPECT_FALSE(Now().plan || Now().change);
  EXPECT_EQ(Now().members.size(), 4U);
  EXPECT_EQ(Now().past[0].moved, (topology::Moved{.files = 5, .bytes = 50}));
  EXPECT_TRUE(Must(Run(etcd_.Range({.prefix = "ready/"}, Soon()))).items.empty());
}

TEST_F(CoordinatorTest, ReadyInAnEarlierLifeIsNotReady) {
  const Process process(time_, etcd_, "one");
  AskForAFourth();
  ShowLife();
  time_.Pass(3s);
  BeReady(0);
  time_.Pass(10s);
  EXPECT_TRUE(Now().plan.has_value());
}

TEST_F(CoordinatorTest, WithoutAChangeNobodyLeads) {
  const Process process(time_, etcd_, "one");
  time_.Pass(60s);
  EXPECT_EQ(Leader(), "");
}

TEST_F(CoordinatorTest, OfSeveralOneLeadsAndAnotherGoesOnWhenItIsGone) {
  auto first = std::make_unique<Process>(time_, etcd_, "one");
  AskForAFourth();
  ShowLife();
  time_.Pass(3s);
  EXPECT_EQ(Leader(), "one");
  const Process second(time_, etcd_, "two");
  const topology::Epoch epoch = Now().epoch;
  time_.Pass(5s);
  EXPECT_EQ(Leader(), "one");
  EXPECT_EQ(Now().epoch, epoch) << "two of them do not take one step twice";
  first.reset();
  BeReady();
  time_.Pass(30s);
  EXPECT_EQ(Leader(), "two");
  EXPECT_FALSE(Now().change.has_value());
}

TEST_F(CoordinatorTest, WhoHasLostTheLeadTakesNoStep) {
  const Process process(time_, etcd_, "one");
  AskForAFourth();
  ShowLife();
  time_.Pass(3s);
  Put("leader", "somebody else");
  BeReady();
  time_.Pass(60s);
  EXPECT_TRUE(Now().plan.has_value());
}

TEST_F(CoordinatorTest, ADestinationThatStaysSilentEndsTheChange) {
  const Process process(time_, etcd_, "one");
  AskForAFourth();
  time_.Pass(15s);
  EXPECT_TRUE(Now().plan.has_value());
  time_.Pass(10s);
  EXPECT_FALSE(Now().plan || Now().change);
  EXPECT_EQ(Now().members.size(), 3U);
  EXPECT_TRUE(Now().past[0].aborted);
  EXPECT_THAT(Now().past[0].reason, testing::HasSubstr("n3:1"));
}

}  // namespace
}  // namespace tritontube::cluster
