#include <gtest/gtest.h>

#include <algorithm>

#include "domain/replication/cluster_space.h"
#include "domain/replication/denials.h"
#include "domain/replication/owed_queue.h"
#include "domain/replication/pure_fixture_test.h"
#include "domain/replication/put_tally.h"
#include "domain/replication/scan_merge.h"
#include "domain/topology/changes.h"
#include "support/blocking_blob_store.h"
#include "support/must.h"

namespace tritontube::replication {
namespace {

using std::chrono_literals::operator""ms;
using support::CodeOf;
using support::TestKey;

topology::Topology TopologyOf(std::size_t node_count) {
  std::vector<topology::Member> members;
  for (std::size_t i = 0; i < node_count; ++i) {
    const char name = static_cast<char>('a' + i);
    members.push_back({.id = Node(name), .address = std::string(1, name) + ":1", .weight = 1});
  }
  return support::Must(topology::Found(*ClusterId::Parse("cluster-000"), std::move(members)));
}

blob::Blob BlobOf(const std::string& file, std::size_t size) {
  return {.key = TestKey(file), .bytes = blob::Bytes(std::string(size, 'x'))};
}

TEST(PlanPut, SendsEachBlobToEachOfItsNodesOnce) {
  const topology::Topology topology = TopologyOf(5);
  std::vector<blob::Blob> batch;
  batch.reserve(50);
  for (int i = 0; i < 50; ++i) batch.push_back(BlobOf(std::to_string(i), 1));
  std::map<std::pair<std::string, std::size_t>, int> sent;
  for (const PutCall& call : PlanPut(topology, batch, 1000)) {
    for (const std::size_t place : call.blobs) ++sent[{call.node->id.text(), place}];
  }
  for (std::size_t place = 0; place < batch.size(); ++place) {
    for (const auto node : topology.table.replicas(placement::SlotOf(batch[place].key))) {
      EXPECT_EQ((sent[{topology.members[node].id.text(), place}]), 1);
    }
  }
  EXPECT_EQ(sent.size(), 150U);
}

TEST(PlanPut, CutsWhatHasTooManyNamesForOneCall) {
  const std::vector<blob::Blob> batch(2500, BlobOf("a", 0));
  const auto calls = PlanPut(TopologyOf(1), batch, 10);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[2].blobs.size(), 500U);
}

TEST(PlanPut, CutsWhatIsTooLargeForOneCall) {
  const topology::Topology topology = TopologyOf(1);
  const auto calls =
      PlanPut(topology, {BlobOf("a", 6), BlobOf("b", 4), BlobOf("c", 1), BlobOf("d", 30)}, 10);
  ASSERT_EQ(calls.size(), 3U);
  EXPECT_EQ(calls[0].blobs, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(calls[1].blobs, (std::vector<std::size_t>{2}));
  EXPECT_EQ(calls[2].blobs, (std::vector<std::size_t>{3}));
}

class PutTallyTest : public testing::Test {
 protected:
  PutCall CallTo(std::size_t node, std::vector<std::size_t> blobs = {0}) {
    return {.node = &topology_.members[node], .blobs = std::move(blobs)};
  }
  static Error Because(ErrorCode code) { return {code, "because"}; }

  topology::Topology topology_ = TopologyOf(3);
  const std::vector<blob::Blob> batch_ = {BlobOf("a", 1), BlobOf("b", 1)};
  PutTally tally_{topology_, {batch_[0]}};
};

TEST_F(PutTallyTest, NeedsEnoughCopiesOfEveryBlob) {
  PutTally tally(topology_, batch_);
  tally.Acked(CallTo(0, {0, 1}));
  tally.Acked(CallTo(1, {0}));
  EXPECT_FALSE(tally.verdict().has_value());
  tally.Acked(CallTo(1, {1}));
  EXPECT_TRUE(tally.verdict()->has_value());
}

TEST_F(PutTallyTest, OneFailureOfThreeIsNone) {
  tally_.Failed(CallTo(0), Because(ErrorCode::kAlreadyExists));
  tally_.Acked(CallTo(1));
  EXPECT_FALSE(tally_.verdict().has_value());
  tally_.Acked(CallTo(2));
  EXPECT_TRUE(tally_.verdict()->has_value());
}

TEST_F(PutTallyTest, TwoFailuresOfThreeNameTheNodesAndWhy) {
  tally_.Failed(CallTo(0), Because(ErrorCode::kDeadlineExceeded));
  tally_.Failed(CallTo(2), Because(ErrorCode::kResourceExhausted));
  const Result<void> verdict = *tally_.verdict();
  EXPECT_EQ(CodeOf(verdict), ErrorCode::kUnavailable);
  EXPECT_NE(verdict.error().message().find("a:1: because; c:1: because"), std::string::npos)
      << verdict.error().message();
}

TEST_F(PutTallyTest, OtherBytesOnTooManyNodesAreAnAnswer) {
  tally_.Failed(CallTo(0), Because(ErrorCode::kAlreadyExists));
  tally_.Failed(CallTo(1), Because(ErrorCode::kUnavailable));
  EXPECT_EQ(CodeOf(*tally_.verdict()), ErrorCode::kAlreadyExists);
}

TEST_F(PutTallyTest, FullNodesAreTheReasonWhenNothingElseIs) {
  tally_.Failed(CallTo(0), Because(ErrorCode::kResourceExhausted));
  tally_.Failed(CallTo(1), Because(ErrorCode::kResourceExhausted));
  EXPECT_EQ(CodeOf(*tally_.verdict()), ErrorCode::kResourceExhausted);
}

TEST_F(PutTallyTest, ANodeAtAnotherEpochEndsItUnlessEnoughWereDurableBefore) {
  tally_.Acked(CallTo(0));
  tally_.Failed(CallTo(1), Because(ErrorCode::kAborted));
  EXPECT_EQ(CodeOf(*tally_.verdict()), ErrorCode::kAborted);
  tally_.Acked(CallTo(2));
  EXPECT_TRUE(tally_.verdict()->has_value());
}

// While a slot moves from nodes a, b, c to a, b, d.
class MovingSlotTest : public testing::Test {
 protected:
  MovingSlotTest() : topology_(TopologyOf(3)) {
    topology::Request request;
    request.add.push_back({.id = Node('d'), .address = "d:1"});
    topology_ =
        support::Must(topology::BeginPlan(support::Must(topology::AskFor(topology_, request))));
    for (int i = 0; batch_.empty(); ++i) {
      blob::Blob blob = BlobOf(std::to_string(i), 1);
      slot_ = placement::SlotOf(blob.key);
      if (topology::IsKeeper(topology_, slot_, 3)) batch_.push_back(std::move(blob));
    }
    const auto after = topology_.plan->table.replicas(slot_);
    for (topology::NodeIndex node = 0; node < 3; ++node) {
      const bool stays = std::ranges::find(after, node) != after.end();
      (stays ? stay_ : leave_).push_back(node);
    }
  }

  PutCall CallTo(topology::NodeIndex node) {
    return {.node = &topology_.members[node], .blobs = {0}};
  }
  const topology::Member& Member(topology::NodeIndex node) { return topology_.members[node]; }

  topology::Topology topology_;
  std::vector<blob::Blob> batch_ = {};
  placement::Slot slot_ = 0;
  std::vector<topology::NodeIndex> stay_ = {};
  std::vector<topology::NodeIndex> leave_ = {};
};

TEST_F(MovingSlotTest, APutGoesToTheOldAndToTheNewNodes) {
  EXPECT_EQ(PlanPut(topology_, batch_, 1000).size(), 4U);
}

TEST_F(MovingSlotTest, WhoStaysIsEnoughForBothSets) {
  PutTally tally(topology_, batch_);
  tally.Failed(CallTo(3), {ErrorCode::kUnavailable, "silent"});
  tally.Acked(CallTo(stay_[0]));
  EXPECT_FALSE(tally.verdict().has_value());
  tally.Acked(CallTo(stay_[1]));
  EXPECT_TRUE(tally.verdict()->has_value());
}

TEST_F(MovingSlotTest, EnoughOfTheOldNodesAreNotEnoughOfTheNew) {
  PutTally tally(topology_, batch_);
  tally.Acked(CallTo(leave_[0]));
  tally.Acked(CallTo(stay_[0]));
  EXPECT_FALSE(tally.verdict().has_value());
  tally.Failed(CallTo(3), {ErrorCode::kUnavailable, "silent"});
  EXPECT_FALSE(tally.verdict().has_value());
  tally.Failed(CallTo(stay_[1]), {ErrorCode::kUnavailable, "silent"});
  EXPECT_EQ(CodeOf(*tally.verdict()), ErrorCode::kUnavailable);
}

TEST_F(MovingSlotTest, NothingIsDeniedByWhoIsNewToASlot) {
  Denials denials(topology_, slot_);
  denials.Add(Member(3));
  denials.Add(Member(leave_[0]));
  denials.Add(Member(stay_[0]));
  EXPECT_FALSE(denials.enough()) << "two of the old nodes, one of the new ones that may deny";
  denials.Add(Member(stay_[1]));
  EXPECT_TRUE(denials.enough());
}

TEST(Denials, OneNodeIsNotCountedTwice) {
  const topology::Topology topology = TopologyOf(3);
  Denials denials(topology, 0);
  denials.Add(topology.members[0]);
  denials.Add(topology.members[0]);
  EXPECT_FALSE(denials.enough());
  denials.Add(topology.members[2]);
  EXPECT_TRUE(denials.enough());
}

OwedCopy Owed(char node, const std::string& file, bool damaged = false) {
  return {.node = Node(node), .key = TestKey(file), .damaged = damaged};
}

TEST(OwedQueue, GivesTheOldestFirstAndEachOnce) {
  OwedQueue queue({});
  for (const char* file : {"b", "a", "b", "c"}) EXPECT_EQ(queue.Add(Owed('a', file)), 0U);
  const auto taken = queue.Take(2, {}, kNow);
  ASSERT_EQ(taken.size(), 2U);
  EXPECT_EQ(taken[0].key.file, "b");
  EXPECT_EQ(taken[1].key.file, "a");
  EXPECT_EQ(queue.size(), 1U);
}

TEST(OwedQueue, RemembersThatACopyIsDamaged) {
  OwedQueue queue({});
  queue.Add(Owed('a', "a"));
  queue.Add(Owed('a', "a", true));
  queue.Add(Owed('a', "a"));
  EXPECT_TRUE(queue.Take(1, {}, kNow).front().damaged);
}

TEST(OwedQueue, DropsTheOldestOfANodeWhenItHasTooMany) {
  OwedQueue queue({.per_node_max = 2});
  EXPECT_EQ(queue.Add(Owed('b', "a")), 0U);
  EXPECT_EQ(queue.Add(Owed('a', "a")), 0U);
  EXPECT_EQ(queue.Add(Owed('a', "b")), 0U);
  EXPECT_EQ(queue.Add(Owed('a', "c")), 1U);
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.Take(1, {}, kNow).front().key.file, "b");
}

TEST(OwedQueue, LeavesAFailingNodeAloneForLongerEachTime) {
  OwedQueue queue({.delay_min = 100ms, .delay_max = 300ms});
  queue.Add(Owed('a', "a"));
  queue.Failed(Node('a'), kNow);
  EXPECT_EQ(queue.NextTry(), kNow + 100ms);
  EXPECT_TRUE(queue.Take(1, {}, kNow + 99ms).empty());
  queue.Failed(Node('a'), kNow);
  EXPECT_EQ(queue.NextTry(), kNow + 200ms);
  queue.Failed(Node('a'), kNow);
  EXPECT_EQ(queue.NextTry(), kNow + 300ms);
  queue.Succeeded(Node('a'));
  EXPECT_EQ(queue.Take(1, {}, kNow).size(), 1U);
}

TEST(OwedQueue, AvoidsNodesAndForgetsThoseThatLeft) {
  OwedQueue queue({});
  queue.Add(Owed('a', "a"));
  queue.Add(Owed('b', "b"));
  EXPECT_EQ(queue.Take(2, {Node('a')}, kNow).front().key.file, "b");
  queue.Retain({Node('b')});
  EXPECT_EQ(queue.size(), 0U);
}

blob::ScanItem Item(const std::string& file, ByteCount size = 1) {
  return {.key = TestKey(file), .stat = {.size = size, .digest = {}}};
}

std::string FilesOf(const blob::ScanPage& page) {
  std::string files;
  for (const blob::ScanItem& item : page.items) files += item.key.file;
  return files + (page.more ? "+" : "");
}

TEST(MergePages, GivesEachBlobOnceAndInOrder) {
  const MergedPage merged = MergePages(
      {{.items = {Item("a"), Item("c")}}, {.items = {Item("a"), Item("b"), Item("c")}}}, {});
  EXPECT_EQ(FilesOf(merged.page), "abc");
  EXPECT_EQ(merged.disagreements, 0U);
}

TEST(MergePages, GivesNothingBeyondTheShortestPageThatHasMore) {
  EXPECT_EQ(FilesOf(MergePages({{.items = {Item("a"), Item("b")}, .more = true},
                                {.items = {Item("a"), Item("d")}, .more = true},
                                {.items = {Item("c"), Item("z")}}},
                               {})
                        .page),
            "ab+");
}

TEST(MergePages, StopsAtTheLimitAndSaysThatThereIsMore) {
  const std::vector<blob::ScanPage> pages = {{.items = {Item("a"), Item("b")}},
                                             {.items = {Item("b"), Item("c")}}};
  EXPECT_EQ(FilesOf(MergePages(pages, {.limit = 2}).page), "ab+");
  EXPECT_EQ(FilesOf(MergePages(pages, {.limit = 3}).page), "abc");
}

TEST(MergePages, BelievesWhatMostSayAndCountsTheOthers) {
  const MergedPage merged = MergePages(
      {{.items = {Item("a", 7)}}, {.items = {Item("a", 5)}}, {.items = {Item("a", 5)}}}, {});
  EXPECT_EQ(merged.page.items.front().stat.size, 5U);
  EXPECT_EQ(merged.disagreements, 1U);
}

TEST(MergePages, GivesOneBlobOfEachUploadWhenThatWillDo) {
  const auto of = [](std::string file, int upload) {
    return blob::ScanItem{.key = TestKey(std::move(file), upload), .stat = {}};
  };
  // Each node tells its own first one; the first node ends before the second upload.
  const std::vector<blob::ScanPage> pages = {{.items = {of("b", 1)}},
                                             {.items = {of("a", 1), of("d", 2)}},
                                             {.items = {of("c", 1), of("c", 2)}}};
  EXPECT_EQ(FilesOf(MergePages(pages, {.one_of_each_upload = true}).page), "ac");
  EXPECT_EQ(FilesOf(MergePages(pages, {.limit = 1, .one_of_each_upload = true}).page), "a+");
  EXPECT_EQ(FilesOf(MergePages(pages, {.limit = 2, .one_of_each_upload = true}).page), "ac");
}

TEST(CoversEverySlot, AllowsFewerMissingReplicasThanAPutNeeds) {
  const topology::Topology three = TopologyOf(3);
  EXPECT_TRUE(CoversEverySlot(three, {true, true, false}));
  EXPECT_FALSE(CoversEverySlot(three, {false, true, false}));
  EXPECT_TRUE(CoversEverySlot(TopologyOf(2), {true, false}));
  EXPECT_FALSE(CoversEverySlot(TopologyOf(1), {false}));
  EXPECT_FALSE(CoversEverySlot(TopologyOf(6), {true, true, true, true, false, false}));
}

TEST(UsableBytes, IsWhatFitsWithEveryCopyOnAnotherNode) {
  EXPECT_EQ(UsableBytes({10, 10, 10}, 3), 10U);
  EXPECT_EQ(UsableBytes({10, 10, 10, 10}, 3), 13U);
  EXPECT_EQ(UsableBytes({100, 10, 10}, 2), 20U);
  EXPECT_EQ(UsableBytes({100, 50, 4}, 3), 4U);
  EXPECT_EQ(UsableBytes({100, 50}, 3), 0U);
  EXPECT_EQ(UsableBytes({7}, 1), 7U);
}

// Found by trying every number.
TEST(UsableBytes, IsTheLargestOfWhichAllCopiesFit) {
  std::uint64_t state = 1;
  for (int round = 0; round < 200; ++round) {
    std::vector<ByteCount> rooms;
    for (int node = 0; node < 5; ++node) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      rooms.push_back(state >> 58U);
    }
    for (const int copies : {1, 2, 3}) {
      ByteCount largest = 0;
      for (ByteCount bytes = 1; bytes < 400; ++bytes) {
        ByteCount room = 0;
        for (const ByteCount free : rooms) room += std::min(free, bytes);
        if (room >= static_cast<ByteCount>(copies) * bytes) largest = bytes;
      }
      EXPECT_EQ(UsableBytes(rooms, copies), largest);
    }
  }
}

NodeSpace Space(ByteCount stored, ByteCount free, bool read_only = false) {
  return {.store = {.stored_bytes = stored,
                    .free_bytes = free,
                    .capacity_bytes = stored + free,
                    .corrupt_count = 1,
                    .read_only = read_only},
          .answers = true};
}

TEST(StatusOfCluster, CountsEachBlobOnceAndRoomForAllItsCopies) {
  const blob::StoreStatus status =
      StatusOfCluster({Space(30, 70), Space(30, 70), Space(30, 10)}, {.copies = 3, .acks = 2});
  EXPECT_EQ(status.stored_bytes, 30U);
  EXPECT_EQ(status.free_bytes, 10U);
  EXPECT_EQ(status.capacity_bytes, 40U);
  EXPECT_EQ(status.corrupt_count, 3U);
  EXPECT_FALSE(status.read_only);
}

TEST(StatusOfCluster, IsReadOnlyWhenTooFewNodesCanWrite) {
  std::vector<NodeSpace> nodes = {Space(1, 9), Space(1, 9), Space(1, 9, true)};
  EXPECT_FALSE(StatusOfCluster(nodes, {.copies = 3, .acks = 2}).read_only);
  nodes[0].answers = false;
  const blob::StoreStatus status = StatusOfCluster(nodes, {.copies = 3, .acks = 2});
  EXPECT_TRUE(status.read_only);
  EXPECT_EQ(status.stored_bytes, 1U);
}

// A server that starts while a node is down knows nothing of it.
TEST(StatusOfCluster, HasRoomOnTheOthersWhileANodeIsUnknownOrFull) {
  const placement::Replication replication{.copies = 3, .acks = 2};
  for (const NodeSpace& third : {NodeSpace{}, Space(30, 10, true)}) {
    const auto status = StatusOfCluster({Space(30, 70), Space(30, 70), third}, replication);
    EXPECT_EQ(status.free_bytes, 70U);
    EXPECT_FALSE(status.read_only);
  }
  EXPECT_EQ(StatusOfCluster({Space(30, 70), {}, {}}, replication).free_bytes, 0U);
}

}  // namespace
}  // namespace tritontube::replication
