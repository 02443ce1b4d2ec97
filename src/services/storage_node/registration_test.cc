#include "services/storage_node/registration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/coordination/model_coordination.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"
#include "support/node_world.h"

namespace tritontube::storage_node {
namespace {

using async::Task;
using coordination::Call;
using coordination::Fault;
using support::CodeOf;
using support::Must;
using support::NodeWorld;
using support::Soon;
using topology::Topology;
using namespace std::chrono_literals;

// A node that is in a cluster, and the cluster's metadata.
struct World : NodeWorld {
  SystemClock clock;
  coordination::ModelCoordination etcd{clock};
  topology::TopologyStore topologies{etcd};
  RegistrationOptions options{.retry_after = 1ms, .announce_every = 1ms, .lease_ttl = 30ms};
  Registration registration{node, etcd, topologies, "host:1", options};

  NodeId id() const { return node.state()->node; }
  std::uint64_t starts() const { return node.state()->starts; }

  // Another start of the same folder: nothing is known but what it has recorded.
  struct Start {
    explicit Start(World& world)
        : node(world.store, world.record),
          topologies(world.etcd),
          registration(node, world.etcd, topologies, "host:1", world.options) {}
    StorageNode node;
    topology::TopologyStore topologies;
    Registration registration;
  };

  Task<std::string> StartsInEtcd() {
    const auto answer = Must(co_await etcd.Get("node/" + id().text(), Soon()));
    co_return answer.item ? answer.item->value : "none";
  }
  Task<void> Found() { Must(co_await topologies.Create(TopologyOf(1, id()), Soon())); }
  Task<Topology> Stored() {
    const auto topology = Must(co_await topologies.Load(Soon()));
    TT_ASSERT(topology != nullptr, "the cluster is founded");
    co_return *topology;
  }
};

void InWorld(Task<void> (*body)(World&)) {
  World world;
  async::BlockOn(world.pool.executor(0), [](World& in, Task<void> (*run)(World&)) -> Task<void> {
    Must(co_await in.node.Join(in.Target(), {"etcd:1"}, Soon()));
    co_await run(in);
  }(world, body));
}

TEST(Registration, CountsEachStartInTheFolderAndInEtcd) {
  InWorld([](World& world) -> Task<void> {
    Must(co_await world.registration.Register(Soon()));
    EXPECT_TRUE(world.node.registered());
    EXPECT_EQ(world.starts(), 1U);
    EXPECT_EQ(co_await world.StartsInEtcd(), "1");
    World::Start again(world);
    EXPECT_FALSE(again.node.registered());
    Must(co_await again.registration.Register(Soon()));
    EXPECT_EQ(co_await world.StartsInEtcd(), "2");
    EXPECT_FALSE(world.node.state()->incomplete);
  });
}

TEST(Registration, ANodeThatDiedBeforeEtcdHeardOfItIsNoOldCopy) {
  InWorld([](World& world) -> Task<void> {
    co_await world.Found();
    Must(co_await world.registration.Register(Soon()));
    // The first call confirms what was read, the second one writes.
    world.etcd.AddFault(Call::kCommit, Fault::Error(ErrorCode::kUnavailable), 1);
    World::Start died(world);
    EXPECT_EQ(CodeOf(co_await died.registration.Register(Soon())), ErrorCode::kUnavailable);
    EXPECT_FALSE(died.node.registered());
    EXPECT_EQ(world.starts(), 2U);
    EXPECT_EQ(co_await world.StartsInEtcd(), "1");

    World::Start again(world);
    Must(co_await again.registration.Register(Soon()));
    EXPECT_EQ(co_await world.StartsInEtcd(), "3");
    EXPECT_FALSE(world.node.state()->incomplete);
    EXPECT_EQ((co_await world.Stored()).epoch, 1U);
  });
}

// The folder as it was before the last two starts.
Task<membership::NodeState> RunTwiceMoreThanACopy(World& world) {
  co_await world.Found();
  Must(co_await world.registration.Register(Soon()));
  const membership::NodeState copy = *world.node.state();
  for (int i = 0; i < 2; ++i) {
    World::Start start(world);
    Must(co_await start.registration.Register(Soon()));
  }
  co_return copy;
}

TEST(Registration, AnOldCopyOfAFolderComesBackIncompleteUnderAnEpochOfItsOwn) {
  InWorld([](World& world) -> Task<void> {
    const membership::NodeState copy = co_await RunTwiceMoreThanACopy(world);
    support::MemoryNodeRecord record(copy);
    StorageNode node(world.store, record);
    Registration registration(node, world.etcd, world.topologies, "host:1");
    Must(co_await registration.Register(Soon()));

    const Topology topology = co_await world.Stored();
    EXPECT_EQ(topology.epoch, 2U);
    EXPECT_TRUE(topology.Find(world.id())->incomplete);
    EXPECT_TRUE(record.state()->incomplete);
    EXPECT_EQ(record.state()->epoch, 2U);
    EXPECT_EQ(*record.state()->topology, topology);
    EXPECT_EQ(record.state()->starts, 4U);
    EXPECT_EQ(co_await world.StartsInEtcd(), "4");
    EXPECT_EQ(CodeOf(co_await node.Get(world.Target(2), support::TestKey("a"), {}, Soon())),
              ErrorCode::kUnavailable);
  });
}

TEST(Registration, AnOldCopyStaysOneHoweverOftenItStartsWithoutEtcd) {
  InWorld([](World& world) -> Task<void> {
    support::MemoryNodeRecord record(co_await RunTwiceMoreThanACopy(world));
    for (int i = 0; i < 5; ++i) {
      // At first nothing can be read, then the topology cannot be changed.
      world.etcd.AddFault(Call::kCommit, Fault::Error(ErrorCode::kUnavailable), i % 2);
      StorageNode node(world.store, record);
      Registration registration(node, world.etcd, world.topologies, "host:1");
      EXPECT_FALSE((co_await registration.Register(Soon())).has_value());
      EXPECT_FALSE(node.registered());
    }
    StorageNode node(world.store, record);
    Registration registration(node, world.etcd, world.topologies, "host:1");
    Must(co_await registration.Register(Soon()));
    EXPECT_TRUE(record.state()->incomplete);
    EXPECT_TRUE((co_await world.Stored()).Find(world.id())->incomplete);
  });
}

// What was stored when the copy was made, and nothing of what came after.
TEST(Registration, AnOldCopyIsFoundAlsoWhenEtcdAnswersFromThePast) {
  InWorld([](World& world) -> Task<void> {
    const membership::NodeState copy = co_await RunTwiceMoreThanACopy(world);
    for (int revisions = 1; revisions < 7; ++revisions) {
      support::MemoryNodeRecord record(copy);
      StorageNode node(world.store, record);
      Registration registration(node, world.etcd, world.topologies, "host:1");
      world.etcd.AddFault(Call::kGet, Fault::StaleRead(revisions));
      Must(co_await registration.Register(Soon()));
      EXPECT_TRUE(record.state()->incomplete) << revisions;
    }
  });
}

TEST(Registration, AnOldCopyDeniesNothingBeforeItsFolderSaysSo) {
  InWorld([](World& world) -> Task<void> {
    support::MemoryNodeRecord record(co_await RunTwiceMoreThanACopy(world));
    StorageNode node(world.store, record);
    Registration registration(node, world.etcd, world.topologies, "host:1");
    record.FailNext(Error(ErrorCode::kResourceExhausted, "the disk is full"));
    EXPECT_EQ(CodeOf(co_await registration.Register(Soon())), ErrorCode::kResourceExhausted);
    EXPECT_EQ(CodeOf(co_await node.Get(world.Target(), support::TestKey("a"), {}, Soon())),
              ErrorCode::kUnavailable);
    EXPECT_EQ(co_await world.StartsInEtcd(), "3");
    Must(co_await registration.Register(Soon()));
    EXPECT_TRUE(record.state()->incomplete);
  });
}

// Nobody asks a node that is in no topology; once it is in one, that tells what it has.
TEST(Registration, AnOldCopyThatIsInNoTopologyIsIncompleteOnlyInItsFolder) {
  InWorld([](World& world) -> Task<void> {
    Must(co_await world.registration.Register(Soon()));
    support::MemoryNodeRecord record(*world.node.state());
    World::Start later(world);
    Must(co_await later.registration.Register(Soon()));
    StorageNode node(world.store, record);
    Registration registration(node, world.etcd, world.topologies, "host:1");
    Must(co_await registration.Register(Soon()));
    EXPECT_TRUE(record.state()->incomplete);
    EXPECT_EQ(record.state()->epoch, 1U);
  });
}

TEST(Registration, AnUnknownOutcomeIsResolvedByReading) {
  for (const int skip : {0, 1}) {
    for (const Fault& fault : {Fault::UnknownBefore(), Fault::UnknownAfter()}) {
      World world;
      async::BlockOn(world.pool.executor(0), [](World& in, Fault met, int after) -> Task<void> {
        Must(co_await in.node.Join(in.Target(), {"etcd:1"}, Soon()));
        co_await in.Found();
        in.etcd.AddFault(Call::kCommit, met, after);
        Must(co_await in.registration.Register(Soon()));
        EXPECT_EQ(co_await in.StartsInEtcd(), fmt::format("{}", in.starts()));
        EXPECT_FALSE(in.node.state()->incomplete);
      }(world, fault, skip));
    }
  }
}

TEST(Registration, RefusesACountThatIsNone) {
  InWorld([](World& world) -> Task<void> {
    Must(co_await world.etcd.Commit(
        {.compares = {}, .then = {coordination::Operation::Put("node/" + world.id().text(), "1x")}},
        Soon()));
    EXPECT_EQ(CodeOf(co_await world.registration.Register(Soon())), ErrorCode::kCorrupt);
    EXPECT_FALSE(world.node.registered());
  });
}

// Waits until the node's state is as `reached` wants it.
Task<void> WaitFor(StorageNode& node, bool (*reached)(const membership::NodeState&)) {
  for (;;) {
    const auto seen = node.changed().count();
    if (reached(*node.state())) co_return;
    TT_ASSERT(seen < 1000, "it is never reached");
    co_await node.changed().WaitBeyond(seen, Soon());
  }
}

TEST(Registration, TriesAgainUntilEtcdAnswersAndTellsTheReasonOnce) {
  const telemetry::LogCapture log;
  InWorld([](World& world) -> Task<void> {
    for (int i = 0; i < 5; ++i) {
      world.etcd.AddFault(Call::kCommit, Fault::Error(ErrorCode::kUnavailable));
    }
    async::TaskGroup running(co_await async::asio::this_coro::executor);
    running.Spawn(world.registration.Run());
    co_await WaitFor(world.node, [](const auto& state) { return state.starts == 1; });
    co_await running.Stop();
  });
  EXPECT_EQ(std::ranges::count_if(
                log.lines(), [](const auto& line) { return line.contains("not registered yet"); }),
            1);
}

TEST(Registration, FollowsTheTopology) {
  InWorld([](World& world) -> Task<void> {
    co_await world.Found();
    async::TaskGroup running(co_await async::asio::this_coro::executor);
    running.Spawn(world.registration.Run());
    co_await WaitFor(world.node, [](const auto& state) { return state.topology != nullptr; });
    const Topology first = co_await world.Stored();
    EXPECT_EQ(*world.node.state()->topology, first);

    Topology second = first;
    second.epoch = 2;
    second.members.front().incomplete = true;
    Must(co_await world.topologies.Replace(first, second, Soon()));
    co_await WaitFor(world.node, [](const auto& state) { return state.epoch == 2; });
    EXPECT_TRUE(world.node.state()->incomplete);
    Topology third = second;
    third.epoch = 3;
    third.members.front().incomplete = false;
    Must(co_await world.topologies.Replace(second, third, Soon()));
    co_await WaitFor(world.node, [](const auto& state) { return state.epoch == 3; });
    EXPECT_FALSE(world.node.state()->incomplete);
    co_await running.Stop();
  });
}

TEST(Registration, TakesATopologyOfAnotherClusterForNothing) {
  const telemetry::LogCapture log;
  InWorld([](World& world) -> Task<void> {
    Topology foreign = world.TopologyOf(9, world.id());
    foreign.cluster = ClusterId::Generate(world.random);
    foreign.epoch = 1;
    Must(co_await world.topologies.Create(foreign, Soon()));
    async::TaskGroup running(co_await async::asio::this_coro::executor);
    running.Spawn(world.registration.Run());
    const auto watch = world.etcd.WatchPrefix("live/", 0);
    Must(co_await watch->Next(Soon()));
    co_await running.Stop();
    EXPECT_EQ(world.node.state()->topology, nullptr);
  });
  EXPECT_NE(log.Find({"the topology is not taken over", "etcd has cluster"}), "");
}

TEST(Registration, GivesASignOfLifeThatEndsWithIt) {
  InWorld([](World& world) -> Task<void> {
    const auto watch = world.etcd.WatchPrefix("live/", 0);
    async::TaskGroup running(co_await async::asio::this_coro::executor);
    running.Spawn(world.registration.Run());
    const coordination::WatchBatch batch = Must(co_await watch->Next(Soon()));
    co_await running.Stop();
    const coordination::KeyValue& sign = batch.events.at(0).item;
    EXPECT_EQ(sign.key, "live/" + world.id().text());
    EXPECT_NE(sign.lease, coordination::kNoLease);
    const auto hint = nlohmann::json::parse(sign.value);
    EXPECT_EQ(hint["address"], "host:1");
    EXPECT_EQ(hint["epoch"], 1);
    EXPECT_EQ(Must(co_await world.etcd.Get(sign.key, Soon())).item, std::nullopt);
  });
}

// Until there is a sign of life, or none.
Task<void> WaitForSign(coordination::Watch& watch, bool is_there) {
  for (;;) {
    const coordination::WatchBatch batch = Must(co_await watch.Next(Soon()));
    TT_ASSERT(!batch.events.empty(), "nothing changes");
    const bool is_put = batch.events.back().kind == coordination::Event::Kind::kPut;
    if (is_put == is_there) co_return;
  }
}

TEST(Registration, ANodeWhoseDiskHangsGivesNoSignOfLife) {
  InWorld([](World& world) -> Task<void> {
    const auto watch = world.etcd.WatchPrefix("live/", 0);
    Registration registration(
        world.node, world.etcd, world.topologies, "host:1",
        {.call_time = 1s, .announce_every = 1ms, .lease_ttl = 10s, .disk_silence_max = 20ms});
    async::TaskGroup running(co_await async::asio::this_coro::executor);
    running.Spawn(registration.Run());
    co_await WaitForSign(*watch, true);
    world.record.Hang(true);
    co_await WaitForSign(*watch, false);
    world.record.Hang(false);
    co_await WaitForSign(*watch, true);
    co_await running.Stop();
  });
}

}  // namespace
}  // namespace tritontube::storage_node
