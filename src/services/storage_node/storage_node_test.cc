#include "services/storage_node/storage_node.h"

#include <gmock/gmock.h>

#include <boost/asio/post.hpp>

#include "foundation/async/task_group.h"
#include "support/node_world.h"

namespace tritontube::storage_node {
namespace {

using async::Task;
using support::CodeOf;
using support::InNodeWorld;
using support::MemoryBlobStore;
using support::Must;
using support::NodeWorld;
using support::Soon;
using support::TestKey;
using Operation = MemoryBlobStore::Operation;

constexpr std::chrono::milliseconds kNow{0};

// Holds the first put until it is let go.
class HeldStore final : public blob::LocalBlobStore {
 public:
  explicit HeldStore(blob::LocalBlobStore& store) : store_(store) {}

  Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) override {
    if (!std::exchange(has_held_, true)) {
      entered.Notify();
      co_await let_go.WaitBeyond(0, deadline);
    }
    co_return co_await store_.Put(std::move(batch), deadline);
  }
  Task<Result<blob::Bytes>> Get(blob::BlobKey key, blob::ByteRange range, Deadline at) override {
    return store_.Get(std::move(key), range, at);
  }
  Task<Result<blob::Bytes>> GetWhole(blob::BlobKey key, Deadline at) override {
    return store_.GetWhole(std::move(key), at);
  }
  Task<Result<blob::BlobStat>> Stat(blob::BlobKey key, Deadline at) override {
    return store_.Stat(std::move(key), at);
  }
  Task<Result<void>> RemoveUpload(VideoId video, UploadId upload, Deadline at) override {
    return store_.RemoveUpload(std::move(video), std::move(upload), at);
  }
  Task<Result<void>> Remove(std::vector<blob::BlobKey> keys, Deadline at) override {
    return store_.Remove(std::move(keys), at);
  }
  Task<Result<std::vector<blob::BlobKey>>> Damaged(Deadline at) override {
    return store_.Damaged(at);
  }
  void MarkDamaged(const blob::BlobKey& key, std::string_view why) override {
    store_.MarkDamaged(key, why);
  }
  Task<Result<blob::ScanPage>> Scan(blob::ScanRequest request, Deadline at) override {
    return store_.Scan(std::move(request), at);
  }
  Task<Result<blob::StoreStatus>> Status(Deadline at) override { return store_.Status(at); }

  async::Event entered;
  async::Event let_go;

 private:
  blob::LocalBlobStore& store_;
  bool has_held_ = false;
};

Task<Result<void>> PutAt(NodeWorld& world, StorageNode& node, std::string file,
                         topology::Epoch epoch, Deadline deadline) {
  std::vector<IncomingBlob> batch;
  batch.push_back(NodeWorld::Incoming(std::move(file)));
  co_return co_await node.Put(world.Target(epoch), std::move(batch), deadline);
}

Task<void> GiveOthersATurn() {
  co_await async::asio::post(co_await async::asio::this_coro::executor, async::kUseTask);
}

TEST(StorageNode, BelongsToNobodyUntilItIsTakenIn) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    world.node.SetRegistered();
    EXPECT_EQ(CodeOf(co_await world.Read("a")), ErrorCode::kFailedPrecondition);
    EXPECT_EQ(CodeOf(co_await world.Put("a")), ErrorCode::kFailedPrecondition);
    EXPECT_EQ(CodeOf(co_await world.node.Scan(world.Target(), {}, Soon())),
              ErrorCode::kFailedPrecondition);
    EXPECT_EQ(Must(co_await world.node.Status(Soon())).cluster, std::nullopt);
    Must(co_await world.node.Join(world.Target(), {"etcd:1"}, Soon()));
    Must(co_await world.Put("a"));
    EXPECT_EQ(Must(co_await world.Read("a")), "bytes");
    const replication::NodeStatus status = Must(co_await world.node.Status(Soon()));
    EXPECT_EQ(status.cluster, world.cluster);
    EXPECT_EQ(status.epoch, 1U);
    EXPECT_EQ(status.store.stored_bytes, 5U);
  });
}

TEST(StorageNode, StaysInTheClusterThatWasFirst) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    replication::Target other = world.Target(7);
    other.cluster = ClusterId::Generate(world.random);
    const auto joined = co_await world.node.Join(other, {"elsewhere:1"}, Soon());
    EXPECT_EQ(CodeOf(joined), ErrorCode::kFailedPrecondition);
    EXPECT_NE(joined.error().message().find(other.cluster.text()), std::string::npos);
    EXPECT_NE(joined.error().message().find(world.cluster.text()), std::string::npos);
    EXPECT_EQ(world.record.state()->cluster, world.cluster);
    EXPECT_EQ(world.record.state()->epoch, 1U);
    EXPECT_EQ(world.record.state()->etcd, std::vector<std::string>{"localhost:2379"});
  });
}

TEST(StorageNode, JoinTellsTheNewestEpochAndTakesNewEndpoints) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    EXPECT_EQ(Must(co_await world.node.Join(world.Target(5), {"etcd:1", "etcd:2"}, Soon())), 5U);
    EXPECT_EQ(Must(co_await world.node.Join(world.Target(2), {}, Soon())), 5U);
    EXPECT_EQ(world.record.state()->epoch, 5U);
    EXPECT_EQ(world.record.state()->etcd, (std::vector<std::string>{"etcd:1", "etcd:2"}));
  });
}

TEST(StorageNode, RefusesWhatIsMeantForAnother) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a"));
    replication::Target other_node = world.Target();
    other_node.node = NodeId::Generate(world.random);
    replication::Target other_cluster = world.Target();
    other_cluster.cluster = ClusterId::Generate(world.random);
    for (const replication::Target& target : {other_node, other_cluster}) {
      EXPECT_EQ(CodeOf(co_await world.node.Get(target, TestKey("a"), std::nullopt, Soon())),
                ErrorCode::kFailedPrecondition);
      EXPECT_EQ(CodeOf(co_await world.node.Put(target, {}, Soon())),
                ErrorCode::kFailedPrecondition);
      EXPECT_EQ(CodeOf(co_await world.node.RemoveUpload(target, TestKey("a").video,
                                                        TestKey("a").upload, Soon())),
                ErrorCode::kFailedPrecondition);
      EXPECT_EQ(CodeOf(co_await world.node.Join(target, {}, Soon())),
                ErrorCode::kFailedPrecondition);
    }
    EXPECT_EQ(world.store.blob_count(), 1U);
  });
}

TEST(StorageNode, ChangesAndListsOfAnOlderEpochAreAborted) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a", 2));
    const replication::Target old = world.Target(1);
    EXPECT_EQ(CodeOf(co_await world.Put("b", 1)), ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await world.node.RemoveUpload(old, TestKey("a").video, TestKey("a").upload,
                                                      Soon())),
              ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await world.node.Scan(old, {}, Soon())), ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await world.node.ScanSlots(old, {}, Soon())), ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await world.node.Digests(old, kNow, Soon())), ErrorCode::kAborted);
    EXPECT_EQ(world.store.blob_count(), 1U);
  });
}

TEST(StorageNode, ServesWhatItHasAtAnyEpochAndDeniesOnlyToThoseWhoAreNotBehind) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a", 3));
    for (const topology::Epoch epoch : {1U, 3U, 9U}) {
      EXPECT_EQ(Must(co_await world.Read("a", epoch)), "bytes");
      Must(co_await world.node.Stat(world.Target(epoch), TestKey("a"), Soon()));
    }
    EXPECT_EQ(world.record.state()->epoch, 3U);
    EXPECT_EQ(CodeOf(co_await world.Read("b", 2)), ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await world.node.Stat(world.Target(2), TestKey("b"), Soon())),
              ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await world.Read("b", 3)), ErrorCode::kNotFound);
  });
}

TEST(StorageNode, RecordsANewerEpochBeforeItDeniesUnderIt) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    world.record.FailNext(Error(ErrorCode::kResourceExhausted, "the disk is full"));
    EXPECT_EQ(CodeOf(co_await world.Read("a", 2)), ErrorCode::kResourceExhausted);
    EXPECT_EQ(world.record.state()->epoch, 1U);
    EXPECT_EQ(CodeOf(co_await world.Read("a", 2)), ErrorCode::kNotFound);
    EXPECT_EQ(world.record.state()->epoch, 2U);
  });
}

TEST(StorageNode, RecordsANewerEpochBeforeItStoresUnderIt) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    world.record.FailNext(Error(ErrorCode::kResourceExhausted, "the disk is full"));
    EXPECT_EQ(CodeOf(co_await world.Put("a", 2)), ErrorCode::kResourceExhausted);
    EXPECT_EQ(world.store.blob_count(), 0U);
    // Its callers are to look for a newer topology, and may find that there is none.
    EXPECT_EQ(CodeOf(co_await world.Put("a", 1)), ErrorCode::kAborted);
    Must(co_await world.Put("a", 2));
    EXPECT_EQ(world.record.state()->epoch, 2U);
  });
}

Task<void> PutInto(NodeWorld& world, StorageNode& node, std::string file, topology::Epoch epoch,
                   std::optional<Result<void>>& result) {
  result = co_await PutAt(world, node, std::move(file), epoch, Soon());
}

Task<void> ReadInto(NodeWorld& world, StorageNode& node, std::string file, topology::Epoch epoch,
                    std::optional<Result<blob::Bytes>>& result) {
  result = co_await node.Get(world.Target(epoch), TestKey(file), std::nullopt, Soon());
}

// The fence: who is answered under the new epoch sees every put of the old one, or it is refused.
TEST(StorageNode, ANewerEpochWaitsForThePutsOfTheOlderOne) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    HeldStore held(world.store);
    StorageNode node(held, world.record);
    node.SetRegistered();
    async::TaskGroup calls(co_await async::asio::this_coro::executor);
    std::optional<Result<void>> put;
    std::optional<Result<blob::Bytes>> read;
    calls.Spawn(PutInto(world, node, "held", 1, put));
    co_await held.entered.WaitBeyond(0, Soon());
    calls.Spawn(ReadInto(world, node, "held", 2, read));
    // From the moment on that the newer epoch is known here, the older one is not admitted.
    int turns = 0;
    while ((co_await PutAt(world, node, fmt::format("turn-{}", turns), 1, Soon())).has_value()) {
      ++turns;
      co_await GiveOthersATurn();
    }
    EXPECT_FALSE(read.has_value());
    EXPECT_EQ(world.record.state()->epoch, 1U);

    held.let_go.Notify();
    co_await calls.Join();
    Must(*put);
    EXPECT_EQ(Must(*read).Flatten(), "bytes");
    EXPECT_EQ(world.record.state()->epoch, 2U);
  });
}

TEST(StorageNode, ANewerEpochIsNotRecordedWhileAnOlderPutIsUnderWay) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    HeldStore held(world.store);
    StorageNode node(held, world.record);
    node.SetRegistered();
    async::TaskGroup calls(co_await async::asio::this_coro::executor);
    std::optional<Result<void>> put;
    calls.Spawn(PutInto(world, node, "held", 1, put));
    co_await held.entered.WaitBeyond(0, Soon());
    EXPECT_EQ(
        CodeOf(co_await PutAt(world, node, "b", 2, Deadline::After(std::chrono::milliseconds(5)))),
        ErrorCode::kDeadlineExceeded);
    EXPECT_EQ(world.record.state()->epoch, 1U);
    held.let_go.Notify();
    co_await calls.Join();
    Must(*put);
  });
}

TEST(StorageNode, RefusesBytesThatAreNotWhatTheirSenderSays) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    std::vector<IncomingBlob> batch;
    batch.push_back(NodeWorld::Incoming("a"));
    batch.push_back(NodeWorld::Incoming("b"));
    batch.back().bytes = blob::Bytes(std::string("bytez"));
    EXPECT_EQ(CodeOf(co_await world.node.Put(world.Target(), batch, Soon())),
              ErrorCode::kInvalidArgument);
    batch.back().bytes = blob::Bytes(std::string("byte"));
    EXPECT_EQ(CodeOf(co_await world.node.Put(world.Target(), batch, Soon())),
              ErrorCode::kInvalidArgument);
    EXPECT_EQ(world.store.call_count(Operation::kPut), 0U);
  });
}

TEST(StorageNode, RefusesBlobsOfSlotsThatAreNotItsOwnInThatEpoch) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    const auto elsewhere = std::make_shared<const topology::Topology>(
        world.TopologyOf(2, NodeId::Generate(world.random)));
    const StorageNode::Edit record = [&](membership::NodeState& state) -> Result<void> {
      state.topology = elsewhere;
      return {};
    };
    Must(co_await world.node.Change(record, Soon()));
    // Of another epoch than the node knows: its caller knows better.
    Must(co_await world.Put("a", 1));
    EXPECT_EQ(CodeOf(co_await world.Put("b", 2)), ErrorCode::kFailedPrecondition);
    Must(co_await world.Put("b", 3));
  });
}

TEST(StorageNode, DamageIsNeverAbsence) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a"));
    world.store.Corrupt(TestKey("a"));
    for (const topology::Epoch epoch : {1U, 2U}) {
      EXPECT_EQ(CodeOf(co_await world.Read("a", epoch)), ErrorCode::kCorrupt);
    }
  });
}

TEST(StorageNode, AnIncompleteNodeServesAndStoresButDeniesNothing) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    const StorageNode::Edit forget = [](membership::NodeState& state) -> Result<void> {
      state.incomplete = true;
      return {};
    };
    Must(co_await world.node.Change(forget, Soon()));
    Must(co_await world.Put("a"));
    EXPECT_EQ(Must(co_await world.Read("a")), "bytes");
    for (const topology::Epoch epoch : {1U, 2U}) {
      EXPECT_EQ(CodeOf(co_await world.Read("b", epoch)), ErrorCode::kUnavailable);
      EXPECT_EQ(CodeOf(co_await world.node.Stat(world.Target(epoch), TestKey("b"), Soon())),
                ErrorCode::kUnavailable);
    }
    EXPECT_EQ(CodeOf(co_await world.node.Scan(world.Target(), {}, Soon())),
              ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(co_await world.node.ScanSlots(world.Target(), {}, Soon())),
              ErrorCode::kUnavailable);
    Must(co_await world.node.Digests(world.Target(), kNow, Soon()));
    EXPECT_TRUE(Must(co_await world.node.Status(Soon())).incomplete);
  });
}

TEST(StorageNode, UntilItIsRegisteredItServesButNeitherDeniesNorChanges) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a"));
    StorageNode restarted(world.store, world.record);
    const replication::Target target = world.Target();
    Must(co_await restarted.Get(target, TestKey("a"), std::nullopt, Soon()));
    EXPECT_EQ(CodeOf(co_await restarted.Get(target, TestKey("b"), std::nullopt, Soon())),
              ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(co_await PutAt(world, restarted, "b", 1, Soon())), ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(co_await restarted.RemoveUpload(target, TestKey("a").video,
                                                     TestKey("a").upload, Soon())),
              ErrorCode::kUnavailable);
    EXPECT_EQ(CodeOf(co_await restarted.Scan(target, {}, Soon())), ErrorCode::kUnavailable);
    EXPECT_EQ(world.store.blob_count(), 1U);
    restarted.SetRegistered();
    EXPECT_EQ(CodeOf(co_await restarted.Get(target, TestKey("b"), std::nullopt, Soon())),
              ErrorCode::kNotFound);
  });
}

TEST(StorageNode, ARestartGoesOnAtTheRecordedEpoch) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a", 4));
    StorageNode restarted(world.store, world.record);
    restarted.SetRegistered();
    EXPECT_EQ(CodeOf(co_await PutAt(world, restarted, "b", 3, Soon())), ErrorCode::kAborted);
    Must(co_await PutAt(world, restarted, "b", 4, Soon()));
  });
}

TEST(StorageNode, RemovesAnUploadAndScansWhatIsLeft) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a"));
    std::vector<IncomingBlob> other;
    other.push_back(NodeWorld::Incoming("a"));
    other.back().key = TestKey("a", 2);
    Must(co_await world.node.Put(world.Target(), std::move(other), Soon()));
    Must(co_await world.node.RemoveUpload(world.Target(), TestKey("a").video, TestKey("a").upload,
                                          Soon()));
    const blob::ScanPage page = Must(co_await world.node.Scan(world.Target(), {}, Soon()));
    EXPECT_EQ(page.items.size(), 1U);
    EXPECT_EQ(page.items.at(0).key, TestKey("a", 2));
  });
}

TEST(StorageNode, GivesRangesAndRefusesThoseBeyondTheEnd) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a"));
    const auto part = co_await world.node.Get(world.Target(), TestKey("a"),
                                              blob::ByteRange{.offset = 1, .length = 3}, Soon());
    EXPECT_EQ(Must(part).Flatten(), "yte");
    EXPECT_EQ(CodeOf(co_await world.node.Get(world.Target(), TestKey("a"),
                                             blob::ByteRange{.offset = 1, .length = 5}, Soon())),
              ErrorCode::kOutOfRange);
  });
}

TEST(StorageNode, GivesTheDigestsOfAllSlots) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a"));
    const placement::Slot slot = placement::SlotOf(TestKey("a"));
    const auto digests = Must(co_await world.node.Digests(world.Target(), kNow, Soon()));
    EXPECT_EQ(digests.size(), placement::kSlotCount);
    EXPECT_EQ(digests.at(slot ^ 1U).blobs, 0U);
    EXPECT_EQ(digests.at(slot).slot, slot);
    EXPECT_EQ(digests.at(slot).blobs, 1U);
  });
}

// Keeps what is pulled, and may do something at each blob.
TEST(StorageNode, ConfirmsWhatItHasWithTheSameBytesOnly) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a"));
    Must(co_await world.Put("b"));
    const auto item = [](std::string file, std::string text) {
      const IncomingBlob blob = NodeWorld::Incoming(std::move(file), std::move(text));
      return blob::ScanItem{.key = blob.key, .stat = blob.stat};
    };
    const std::vector<blob::ScanItem> items = {item("a", "bytes"), item("b", "other"),
                                               item("c", "bytes")};
    EXPECT_THAT(Must(co_await world.node.Confirm(world.Target(), {.items = items}, Soon())),
                testing::ElementsAre(true, false, false));
    Must(co_await world.Put("d", 2));
    EXPECT_EQ(CodeOf(co_await world.node.Confirm(world.Target(1), {.items = items}, Soon())),
              ErrorCode::kAborted);
  });
}

TEST(StorageNode, WhoeverIsToReadWhatItConfirmsNoticesRot) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.Put("a"));
    const IncomingBlob blob = NodeWorld::Incoming("a", "bytes");
    world.store.Corrupt(blob.key);
    replication::ConfirmationRequest request{.items = {{.key = blob.key, .stat = blob.stat}}};
    EXPECT_THAT(Must(co_await world.node.Confirm(world.Target(), request, Soon())),
                testing::ElementsAre(true));
    request.read = true;
    EXPECT_THAT(Must(co_await world.node.Confirm(world.Target(), request, Soon())),
                testing::ElementsAre(false));
    Must(co_await world.Put("a"));
    EXPECT_THAT(Must(co_await world.node.Confirm(world.Target(), request, Soon())),
                testing::ElementsAre(true));
  });
}

TEST(StorageNode, AnIncompleteNodeConfirmsNothing) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    Must(co_await world.node.Change(
        [](membership::NodeState& state) -> Result<void> {
          state.incomplete = true;
          return {};
        },
        Soon()));
    EXPECT_EQ(CodeOf(co_await world.node.Confirm(world.Target(), {}, Soon())),
              ErrorCode::kUnavailable);
  });
}

TEST(StorageNode, StoresAndRemovesOfItselfUnderTheRecordedEpochOnly) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    const auto batch = [] {
      std::vector<blob::Blob> blobs;
      blobs.push_back({.key = TestKey("a"), .bytes = blob::Bytes(std::string("bytes"))});
      return blobs;
    };
    Must(co_await world.node.StoreOwn(1, batch(), Soon()));
    EXPECT_EQ(Must(co_await world.Read("a")), "bytes");
    EXPECT_EQ(CodeOf(co_await world.node.StoreOwn(2, batch(), Soon())), ErrorCode::kAborted);
    EXPECT_EQ(CodeOf(co_await world.node.RemoveOwn(2, {TestKey("a")}, Soon())),
              ErrorCode::kAborted);
    Must(co_await world.node.RemoveOwn(1, {TestKey("a")}, Soon()));
    EXPECT_EQ(CodeOf(co_await world.Read("a")), ErrorCode::kNotFound);
  });
}

TEST(StorageNode, ActsByItselfUnderTheTopologyOfItsEpochOnly) {
  InNodeWorld([](NodeWorld& world) -> Task<void> {
    co_await world.TakeIn();
    EXPECT_EQ(world.node.OwnTopology(), nullptr) << "it has heard of an epoch only";
    const auto topology =
        std::make_shared<const topology::Topology>(world.TopologyOf(1, world.node.state()->node));
    Must(co_await world.node.Change(
        [&](membership::NodeState& state) -> Result<void> {
          state.topology = topology;
          return {};
        },
        Soon()));
    EXPECT_EQ(world.node.OwnTopology(), topology);
    Must(co_await world.Put("a", 2));
    EXPECT_EQ(world.node.OwnTopology(), nullptr) << "a newer one has come meanwhile";
  });
}

}  // namespace
}  // namespace tritontube::storage_node
