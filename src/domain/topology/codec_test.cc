#include <gmock/gmock.h>
#include <xxhash.h>

#include "domain/topology/changes.h"
#include "domain/topology/topology.h"
#include "domain/topology/topology_test_values.h"
#include "support/must.h"

namespace tritontube::topology {

namespace {

using support::CodeOf;
using support::Must;

// Where the parts of the stored form begin.
constexpr std::size_t kBody = 12;
constexpr std::size_t kEpoch = kBody + kIdLength;
constexpr std::size_t kCopies = kEpoch + 8;
constexpr std::size_t kMemberCount = kCopies + 2;
constexpr std::size_t kFirstMember = kMemberCount + 2;
constexpr std::size_t kFlags = kFirstMember + kIdLength + 8;

Topology AnyTopology() {
  std::vector<Member> members = Members(4);
  members[1].zone = "north";
  members[2].weight = 0xfedcba9876543210U;
  members[3].incomplete = true;
  Topology topology = Must(Found(AnyCluster(), members));
  topology.epoch = 0x0123456789abcdefU;
  return topology;
}

Topology Planned() {
  Topology before = Must(Found(AnyCluster(), Members(3)));
  before.past = {
      {.asked = 5, .moved = {.files = 1, .bytes = 2}},
      {.asked = 3, .aborted = true, .moved = {.files = 4, .bytes = 5}, .reason = "it was silent"}};
  before.given_up = {{.id = AnyNode(7), .address = "localhost:9007"},
                     {.id = AnyNode(3), .address = "localhost:9003", .times = 200}};
  const Request request{.add = {Members(4)[3]}, .remove = {AnyNode(1)}, .by_itself = true};
  return Must(BeginPlan(Must(AskFor(before, request))));
}

std::string WithChecksum(std::string bytes) {
  const std::uint64_t checksum = XXH3_64bits(bytes.data() + kBody, bytes.size() - kBody);
  for (unsigned i = 0; i < 8; ++i) bytes[4 + i] = static_cast<char>(checksum >> (8 * i));
  return bytes;
}

std::string InFormat1(const Topology& topology) {
  std::string bytes = Encode(topology);
  bytes.resize(bytes.size() - 3);  // Nothing is running, nothing is past, nobody was given up.
  bytes[0] = 1;
  return WithChecksum(std::move(bytes));
}

// Of one in which nothing is running, and one change is past.
std::string InFormat2(const Topology& topology) {
  std::string bytes = Encode(topology);
  bytes.pop_back();
  const std::size_t past = 8 + 1 + 8 + 8 + 1 + topology.past.front().reason.size();
  bytes[0] = 2;
  bytes[bytes.size() - past - 2] = 4;
  bytes.erase(bytes.size() - past - 1, 1);
  return WithChecksum(std::move(bytes));
}

// Of one in which nobody was given up.
std::string InFormat3(const Topology& topology) {
  std::string bytes = Encode(topology);
  bytes.pop_back();
  bytes[0] = 3;
  return WithChecksum(std::move(bytes));
}

// What `change` does to the body, under a right checksum: what a wrong program would write.
template <typename Change>
ErrorCode CodeAfter(Change change) {
  std::string bytes = Encode(AnyTopology());
  change(bytes);
  return CodeOf(Decode(WithChecksum(std::move(bytes))));
}

TEST(TopologyCodec, ReadsWhatItWrote) {
  EXPECT_EQ(Must(Decode(Encode(AnyTopology()))), AnyTopology());
  for (const Topology& topology : {Planned(), UseNew(Planned(), {.files = 1, .bytes = 2})}) {
    EXPECT_EQ(Must(Decode(Encode(topology))), topology);
  }
}

TEST(TopologyCodec, ReadsWhatWasWrittenBeforeThereWereChanges) {
  EXPECT_EQ(Must(Decode(InFormat1(AnyTopology()))), AnyTopology());
}

TEST(TopologyCodec, ReadsWhatWasWrittenWhenOnlyTheLastEndWasKept) {
  Topology topology = AnyTopology();
  topology.past = {
      {.asked = 3, .aborted = true, .moved = {.files = 4, .bytes = 5}, .reason = "it was silent"}};
  EXPECT_EQ(Must(Decode(InFormat2(topology))), topology);
}

TEST(TopologyCodec, ReadsWhatWasWrittenWhenNobodyWasGivenUp) {
  Topology topology = Must(Found(AnyCluster(), Members(4)));
  topology.past = {{.asked = 3, .moved = {.files = 4, .bytes = 5}}};
  topology = Must(AskFor(topology, {.add = {}, .remove = {AnyNode(1)}, .accepts_loss = true}));
  EXPECT_EQ(Must(Decode(InFormat3(topology))), topology);
  topology.change->by_itself = true;
  EXPECT_EQ(CodeOf(Decode(InFormat3(topology))), ErrorCode::kCorrupt);
}

// Topologies of running clusters look like this: a change of the form is a new format.
TEST(TopologyCodec, WritesTheSameBytesForEver) {
  const Topology topology = Must(Found(AnyCluster(), Members(1)));
  const std::string bytes = Encode(topology);
  EXPECT_EQ(bytes.size(), kFirstMember + 11 + 8 + 1 + 1 + 14 + 1 + (2 * placement::kSlotCount) + 3);
  EXPECT_EQ(bytes.substr(0, 4), std::string("\4\0\0\0", 4));
  EXPECT_EQ(bytes.substr(kBody, 57), std::string("cluster-abc\1\0\0\0\0\0\0\0\1\1\1\0"
                                                 "node-000000\1\0\0\0\0\0\0\0\0"
                                                 "\16localhost:9000",
                                                 57));
}

TEST(TopologyCodec, IsSmallForAThousandNodes) {
  EXPECT_LT(Encode(Must(Found(AnyCluster(), Members(1000)))).size(), 100'000U);
}

TEST(TopologyCodec, RefusesEveryTurnedBit) {
  const std::string whole = Encode(AnyTopology());
  for (std::size_t i = 0; i < whole.size(); i += i < 200 ? 1 : 97) {
    std::string bytes = whole;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    EXPECT_FALSE(Decode(bytes).has_value()) << "byte " << i;
  }
}

TEST(TopologyCodec, RefusesEveryCut) {
  const std::string whole = Encode(AnyTopology());
  for (std::size_t size = 0; size < whole.size(); size += size < 200 ? 1 : 97) {
    EXPECT_EQ(CodeOf(Decode(std::string_view(whole).substr(0, size))), ErrorCode::kCorrupt);
  }
}

TEST(TopologyCodec, RefusesANewerFormatByName) {
  std::string bytes = Encode(AnyTopology());
  bytes[0] = 5;
  EXPECT_EQ(CodeOf(Decode(bytes)), ErrorCode::kFailedPrecondition);
}

TEST(TopologyCodec, BelievesNoFieldBecauseTheChecksumIsRight) {
  EXPECT_EQ(CodeAfter([](std::string& /*bytes*/) {}), ErrorCode{});
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kBody] = '/'; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes.replace(kEpoch, 8, 8, '\0'); }),
            ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kCopies] = 0; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kCopies] = 4; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kCopies] = 9; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kCopies + 1] = 4; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kCopies + 1] = 0; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kMemberCount] = 0; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kMemberCount + 1] = 8; }),
            ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kFirstMember + 10] = '1'; }),
            ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kFlags] = 8; }), ErrorCode::kCorrupt);
  // Joining and leaving at once.
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[kFlags] = 6; }), ErrorCode::kCorrupt);
  // Parts that there are not, and a plan, past changes and given up nodes that are not there.
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes.end()[-3] = 4; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes.end()[-3] = 1; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes.end()[-2] = 1; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes.end()[-2] = 9; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes.back() = 1; }), ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes.back() = 65; }), ErrorCode::kCorrupt);
  // One that was given up, and never.
  EXPECT_EQ(CodeAfter([](std::string& bytes) {
              bytes.back() = 1;
              bytes += AnyNode(1).text() + std::string("\1a\0", 3);
            }),
            ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes += '\0'; }), ErrorCode::kCorrupt);
}

TEST(TopologyCodec, RefusesATableThatNamesStrangersOrANodeTwice) {
  EXPECT_EQ(CodeAfter([](std::string& bytes) { bytes[bytes.size() - 2] = 1; }),
            ErrorCode::kCorrupt);
  EXPECT_EQ(CodeAfter([](std::string& bytes) {
              bytes.replace(bytes.size() - 3, 2, bytes.substr(bytes.size() - 5, 2));
            }),
            ErrorCode::kCorrupt);
}

}  // namespace

}  // namespace tritontube::topology
