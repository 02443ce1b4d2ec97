#include "services/cluster/administration.h"

#include <gmock/gmock.h>

#include "foundation/async/task_group.h"
#include "services/cluster/cluster_fixture_test.h"
#include "support/must.h"
#include "support/virtual_time.h"

namespace tritontube::cluster {
namespace {

using std::chrono_literals::operator""s;
using support::CodeOf;
using support::Must;
using testing::HasSubstr;
using topology::Epoch;
using topology::Topology;

class AdministrationTest : public testing::Test {
 protected:
  AdministrationTest() {
    std::vector<topology::Member> members;
    for (const char* const name : {"a", "b", "c"}) {
      AddNode(name, ClusterId::Parse("cluster-aaa"));
      members.push_back({.id = IdOf(name), .address = AddressOf(name), .weight = 1000});
    }
    AddNode("d", std::nullopt);
    Must(Run(topologies_.Create(
        Must(topology::Found(*ClusterId::Parse("cluster-aaa"), std::move(members))), Soon())));
  }

  static NodeId IdOf(const std::string& name) { return *NodeId::Parse("node-00000" + name); }
  static std::string AddressOf(const std::string& name) { return name + ":8090"; }
  void AddNode(const std::string& name, const std::optional<ClusterId>& cluster) {
    replication::NodeStatus status = NewNode(IdOf(name).text());
    status.store.free_bytes = status.store.capacity_bytes;
    status.cluster = cluster;
    nodes_.Add(AddressOf(name), std::move(status));
  }

  static Deadline Soon() { return Deadline::After(5s); }
  template <typename T>
  T Run(async::Task<T> task) {
    return time_.Get(std::move(task));
  }
  Topology Now() { return *Must(Run(topologies_.Load(Soon()))); }
  void Publish(Topology next) {
    const Topology now = Now();
    Must(Run(topologies_.Replace(now, std::move(next), Soon())));
  }
  Result<Epoch> Ask(Wish wish) { return Run(administration_.Ask(std::move(wish), Soon())); }
  std::string Refusal(Wish wish) {
    const Result<Epoch> asked = Ask(std::move(wish));
    return asked ? "" : std::string(asked.error().message());
  }

  support::VirtualTime time_;
  SystemClock clock_;
  coordination::ModelCoordination etcd_{clock_};
  topology::TopologyStore topologies_{etcd_};
  FakeNodes nodes_;
  Administration administration_{topologies_, nodes_, {.etcd = {"localhost:2379"}}};
};

TEST_F(AdministrationTest, ANewNodeIsTakenInAndAskedFor) {
  EXPECT_EQ(Must(Ask({.add = {"d:8090"}})), 2U);
  EXPECT_EQ(Now().change->asked, 2U);
  EXPECT_EQ(Now().members.back().id, IdOf("d"));
  EXPECT_EQ(Now().members.back().weight, 1000U);
  EXPECT_EQ(nodes_.status("d:8090").cluster, Now().cluster);
}

TEST_F(AdministrationTest, ANodeThatHasJustBeenStartedIsWaitedFor) {
  async::TaskGroup tasks(time_.executor());
  std::optional<Result<Epoch>> asked;
  tasks.Spawn(async::KeepResult(administration_.Ask({.add = {"e:8090"}}, Soon()), asked));
  time_.Pass(1s);
  EXPECT_FALSE(asked.has_value());
  AddNode("e", std::nullopt);
  time_.Pass(1s);
  ASSERT_TRUE(asked.has_value());
  EXPECT_TRUE(asked->has_value());
  time_.Run(tasks.Stop());
}

TEST_F(AdministrationTest, ANodeThatIsReachedAtTimesOnlyIsTakenIn) {
  for (int calls = 0; calls < 8; ++calls) {
    async::TaskGroup tasks(time_.executor());
    std::optional<Result<Epoch>> asked;
    nodes_.LetCallsThrough(calls);
    tasks.Spawn(async::KeepResult(administration_.Ask({.add = {"d:8090"}}, Soon()), asked));
    time_.Pass(1s);
    nodes_.LetCallsThrough(std::nullopt);
    time_.Pass(1s);
    ASSERT_TRUE(asked.has_value()) << calls;
    EXPECT_TRUE(asked->has_value()) << calls << ": " << asked->error().message();
    time_.Run(tasks.Stop());
    Must(Run(administration_.Abort(Soon())));
  }
}

TEST_F(AdministrationTest, SaysWhyAWishCannotBe) {
  EXPECT_THAT(Refusal({}), HasSubstr("name the content nodes"));
  EXPECT_THAT(Refusal({.add = {"d:8090", "d:8090"}}), HasSubstr("named twice"));
  EXPECT_THAT(Refusal({.add = {"a:8090"}}), HasSubstr("in the cluster already"));
  EXPECT_THAT(Refusal({.add = {"x:8090"}}), HasSubstr("start it first"));
  EXPECT_THAT(Refusal({.remove = {"d:8090"}}), HasSubstr("which has a:8090, b:8090, c:8090"));
  EXPECT_THAT(Refusal({.remove = {"a:8090"}, .dead = true}), HasSubstr("without --dead"));
  EXPECT_THAT(Refusal({.remove = {"a:8090"}, .accepts_loss = true}), HasSubstr("dead nodes"));
  EXPECT_THAT(Refusal({.remove = {"a:8090", "b:8090", "c:8090"}}),
              HasSubstr("the last content node"));
  AddNode("e", ClusterId::Parse("cluster-bbb"));
  EXPECT_THAT(Refusal({.add = {"e:8090"}}), HasSubstr("another cluster"));
  EXPECT_EQ(Now().epoch, 1U) << "nothing of it was asked for";
}

TEST_F(AdministrationTest, ADeadNodeIsRemovedAsOne) {
  FakeNodes two;
  two.Add("a:8090", nodes_.status("a:8090"));
  two.Add("b:8090", nodes_.status("b:8090"));
  Administration administration(topologies_, two, {.etcd = {}});
  const auto refused = Run(administration.Ask({.remove = {"c:8090"}}, Soon()));
  EXPECT_THAT(refused.error().message(), HasSubstr("remove it with --dead"));
  EXPECT_TRUE(Run(administration.Ask({.remove = {"c:8090"}, .dead = true}, Soon())).has_value());
  EXPECT_EQ(Now().members[2].standing, topology::Standing::kLeaving);
}

TEST_F(AdministrationTest, ANodeIsAlsoRemovedByItsId) {
  Must(Ask({.remove = {IdOf("b").text()}}));
  EXPECT_EQ(Now().members[1].standing, topology::Standing::kLeaving);
}

TEST_F(AdministrationTest, AnotherAddressOfAMemberIsRemembered) {
  nodes_.Add("elsewhere:1", nodes_.status("b:8090"));
  nodes_.Add("b:8090", NewNode("node-other0"));
  EXPECT_EQ(Must(Ask({.add = {"elsewhere:1"}})), 0U);
  EXPECT_EQ(Now().members[1].address, "elsewhere:1");
  EXPECT_FALSE(Now().change.has_value());
}

TEST_F(AdministrationTest, ANodeThatStillAnswersWhereItWasHasACopyOfItsFolderElsewhere) {
  nodes_.Add("elsewhere:1", nodes_.status("b:8090"));
  EXPECT_THAT(Refusal({.add = {"elsewhere:1"}}), HasSubstr("answers at b:8090, too"));
}

TEST_F(AdministrationTest, NoTwoMembersHaveOneAddressAndTwoMayExchangeTheirs) {
  const auto b = nodes_.status("b:8090");
  const auto c = nodes_.status("c:8090");
  nodes_.Add("b:8090", c);
  nodes_.Add("c:8090", b);
  EXPECT_THAT(Refusal({.add = {"c:8090"}}), HasSubstr("stands twice"));
  EXPECT_EQ(Must(Ask({.add = {"b:8090", "c:8090"}})), 0U);
  EXPECT_EQ(Now().Find(IdOf("b"))->address, "c:8090");
  EXPECT_EQ(Now().Find(IdOf("c"))->address, "b:8090");
}

TEST_F(AdministrationTest, ANewAddressWaitsForNothing) {
  Must(Ask({.add = {"d:8090"}}));
  nodes_.Add("elsewhere:1", nodes_.status("b:8090"));
  nodes_.Add("b:8090", NewNode("node-other0"));
  EXPECT_EQ(Must(Ask({.add = {"elsewhere:1"}})), 0U);
  EXPECT_TRUE(Now().change.has_value());
}

TEST_F(AdministrationTest, AChangeThatWasGivenUpHalfWayIsGoneOnWith) {
  AddNode("e", std::nullopt);
  Must(Ask({.add = {"d:8090", "e:8090"}}));
  Publish(Must(topology::BeginPlan(Now())));
  Publish(topology::UseNew(Now(), {}));
  Publish(Must(topology::Settle(Now())));
  ASSERT_TRUE(Now().change.has_value()) << "two nodes beside three take two plans";
  Must(Run(administration_.Abort(Soon())));
  EXPECT_GT(Must(Ask({.add = {"d:8090"}})), 0U);
  EXPECT_TRUE(Now().change.has_value());
}

TEST_F(AdministrationTest, WhoIsGivenUpIsNotWaitedForByARepair) {
  FakeNodes two;
  two.Add("a:8090", nodes_.status("a:8090"));
  two.Add("b:8090", nodes_.status("b:8090"));
  Topology behind = Now();
  ++behind.epoch;
  behind.members[0].incomplete = true;
  Publish(behind);
  Administration administration(topologies_, two, {.etcd = {}});
  EXPECT_TRUE(
      Run(administration.Ask({.remove = {"c:8090"}, .dead = true, .accepts_loss = true}, Soon()))
          .has_value());
}

TEST_F(AdministrationTest, AnotherNodeAtTheAddressOfAMemberIsNotAdded) {
  const replication::NodeStatus wiped = NewNode("node-wiped0");
  nodes_.Add("b:8090", wiped);
  EXPECT_THAT(Refusal({.add = {"b:8090"}}), HasSubstr("--dead"));
}

TEST_F(AdministrationTest, WaitsForItsTurnAndSaysForWhat) {
  Must(Ask({.add = {"d:8090"}}));
  const Result<Epoch> late = Ask({.remove = {"a:8090"}});
  EXPECT_EQ(CodeOf(late), ErrorCode::kDeadlineExceeded);
  EXPECT_THAT(late.error().message(), HasSubstr("another change"));

  async::TaskGroup tasks(time_.executor());
  std::optional<Result<Epoch>> queued;
  tasks.Spawn(
      async::KeepResult(administration_.Ask({.remove = {"a:8090"}}, Deadline::After(60s)), queued));
  time_.Pass(2s);
  EXPECT_FALSE(queued.has_value());
  Publish(Must(topology::Abort(Now(), "enough")));
  time_.Pass(2s);
  ASSERT_TRUE(queued.has_value());
  EXPECT_TRUE(queued->has_value());
  time_.Run(tasks.Stop());
}

TEST_F(AdministrationTest, WaitsUntilEveryMemberIsComplete) {
  Topology behind = Now();
  ++behind.epoch;
  behind.members[0].incomplete = true;
  Publish(behind);
  EXPECT_THAT(Refusal({.add = {"d:8090"}}), HasSubstr("a:8090 is being repaired"));
  EXPECT_TRUE(Ask({.remove = {"a:8090"}}).has_value()) << "it goes anyway";
}

TEST_F(AdministrationTest, ADiskThatWouldBeTooFullIsNamed) {
  replication::NodeStatus full = NewNode(IdOf("d").text(), 10);
  full.store.free_bytes = 1U << 20U;
  nodes_.Add("d:8090", full);
  for (const char* const name : {"a", "b", "c"}) {
    replication::NodeStatus status = nodes_.status(AddressOf(name));
    status.store.stored_bytes = 100U << 20U;
    nodes_.Add(AddressOf(name), status);
  }
  EXPECT_THAT(Refusal({.add = {"d:8090"}}), HasSubstr("d:8090 would be more than 85 % full"));
}

TEST_F(AdministrationTest, TellsTheCostWithoutAskingForAnything) {
  for (const char* const name : {"a", "b", "c"}) {
    replication::NodeStatus status = nodes_.status(AddressOf(name));
    status.store.stored_bytes = 40U << 20U;
    nodes_.Add(AddressOf(name), status);
  }
  const Cost cost = Must(Run(administration_.Estimate({.add = {"d:8090"}}, Soon())));
  EXPECT_EQ(cost.plans, 1U);
  EXPECT_NEAR(cost.percent, 25, 0.1);
  EXPECT_NEAR(static_cast<double>(cost.moved.bytes), 30.0 * (1U << 20U), 1e5);
  EXPECT_EQ(Now().epoch, 1U);
}

TEST_F(AdministrationTest, AwaitsTheEndOfAChangeHoweverItEnds) {
  const Epoch change = Must(Ask({.add = {"d:8090"}}));
  EXPECT_EQ(CodeOf(Run(administration_.Await(change, Soon()))), ErrorCode::kDeadlineExceeded);
  Publish(Must(topology::BeginPlan(Now())));
  Publish(topology::UseNew(Now(), {.files = 3, .bytes = 9}));
  Publish(Must(topology::Settle(Now())));
  EXPECT_EQ(Must(Run(administration_.Await(change, Soon()))),
            (topology::Moved{.files = 3, .bytes = 9}));

  const Epoch other = Must(Ask({.remove = {"d:8090"}}));
  EXPECT_EQ(CodeOf(Run(administration_.Await(change - 1, Soon()))), ErrorCode::kOutcomeUnknown);
  Must(Run(administration_.Abort(Soon())));
  const auto aborted = Run(administration_.Await(other, Soon()));
  EXPECT_EQ(CodeOf(aborted), ErrorCode::kAborted);
  EXPECT_THAT(aborted.error().message(), HasSubstr("an operator"));
}

class GivenUpTest : public AdministrationTest {
 protected:
  GivenUpTest() {
    AddNode("d", Now().cluster);
    Topology next = Now();
    ++next.epoch;
    next.given_up = {{.id = IdOf("d"), .address = AddressOf("d")}};
    Publish(std::move(next));
  }
};

TEST_F(GivenUpTest, ComesBackByItselfWhereItWas) {
  Must(Ask({.add = {"d:8090"}, .by_itself = true}));
  EXPECT_EQ(Now().members.back().id, IdOf("d"));
  EXPECT_TRUE(Now().change->by_itself);
  EXPECT_EQ(Now().given_up.size(), 1U);
}

TEST_F(GivenUpTest, NobodyElseComesByItself) {
  AddNode("e", Now().cluster);
  EXPECT_THAT(Refusal({.add = {"e:8090"}, .by_itself = true}), HasSubstr("not the one"));
  nodes_.Add("d:8090", nodes_.status("e:8090"));
  EXPECT_THAT(Refusal({.add = {"d:8090"}, .by_itself = true}), HasSubstr("not the one"));
  EXPECT_FALSE(Now().change.has_value());
}

TEST_F(GivenUpTest, IsForgottenWhenAnOperatorRemovesOrAddsIt) {
  const Topology before = Now();
  for (const Wish& wish : {Wish{.remove = {"d:8090"}}, Wish{.remove = {"d:8090"}, .dead = true},
                           Wish{.remove = {IdOf("d").text()}}, Wish{.add = {"d:8090"}}}) {
    Must(Ask(wish));
    EXPECT_TRUE(Now().given_up.empty());
    Topology again = before;
    again.epoch = Now().epoch + 1;
    Publish(std::move(again));
  }
}

TEST_F(AdministrationTest, WithoutAChangeThereIsNothingToAbort) {
  EXPECT_EQ(CodeOf(Run(administration_.Abort(Soon()))), ErrorCode::kFailedPrecondition);
}

}  // namespace
}  // namespace tritontube::cluster
