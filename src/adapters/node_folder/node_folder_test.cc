#include "adapters/node_folder/node_folder.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "adapters/node_folder/node_state_json.h"
#include "foundation/async/io_pool.h"
#include "foundation/telemetry/log.h"
#include "support/must.h"
#include "support/temporary_folder.h"

namespace tritontube::node_folder {
namespace {

using membership::NodeState;
using support::CodeOf;
using support::Must;

class NodeFolderTest : public testing::Test {
 protected:
  Result<std::unique_ptr<NodeFolder>> Open() {
    return NodeFolder::Open(path(), random_, blocking_);
  }
  Result<void> Save(NodeFolder& folder, NodeState state) {
    return async::BlockOn(io_.executor(0),
                          folder.Save(std::move(state), Deadline::After(std::chrono::minutes(1))));
  }
  std::filesystem::path path() const { return temporary_.path() / "storage" / "8090"; }
  std::string ReadNodeFile() const {
    std::ifstream file(path() / "node.json");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void Write(const char* name, std::string_view text) const {
    std::ofstream(path() / name, std::ios::trunc) << text;
  }
  NodeState StateInACluster(NodeFolder& folder) {
    NodeState state = *folder.state();
    state.cluster = ClusterId::Generate(random_);
    state.etcd = {"one:2379", "two:2379"};
    state.epoch = 7;
    state.starts = 3;
    state.incomplete = true;
    return state;
  }
  std::shared_ptr<const topology::Topology> TopologyOf(const NodeState& state) {
    auto topology = Must(topology::Found(*state.cluster, {{.id = state.node, .address = "a:1"}}));
    topology.epoch = state.epoch;
    return std::make_shared<const topology::Topology>(std::move(topology));
  }

  support::TemporaryFolder temporary_;
  SeededRandom random_{7};
  async::BlockingPool blocking_{1, 8};
  async::IoPool io_{1};
};

TEST_F(NodeFolderTest, ANewFolderIsANodeOfNoClusterAndStaysThatNode) {
  const NodeState fresh = *Must(Open())->state();
  EXPECT_EQ(fresh.cluster, std::nullopt);
  EXPECT_EQ(fresh.epoch, 0U);
  EXPECT_EQ(*Must(Open())->state(), fresh);
}

TEST_F(NodeFolderTest, RemembersEverything) {
  const NodeState saved = [&] {
    const auto folder = Must(Open());
    NodeState state = StateInACluster(*folder);
    state.topology = TopologyOf(state);
    Must(Save(*folder, state));
    EXPECT_EQ(*folder->state(), state);
    return state;
  }();
  NodeState loaded = *Must(Open())->state();
  ASSERT_NE(loaded.topology, nullptr);
  EXPECT_EQ(*loaded.topology, *saved.topology);
  loaded.topology = saved.topology;
  EXPECT_EQ(loaded, saved);
}

TEST_F(NodeFolderTest, IsForOneProcess) {
  const auto first = Must(Open());
  const auto second = Open();
  EXPECT_EQ(CodeOf(second), ErrorCode::kFailedPrecondition);
  EXPECT_NE(second.error().message().find(path().string()), std::string::npos);
}

TEST_F(NodeFolderTest, DamageIsToldWithTheNameOfTheFile) {
  Must(Open());
  const std::string good = ReadNodeFile();
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string damaged = good;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    // A blank more or less, or another newline, is no damage.
    if (nlohmann::json::parse(damaged, nullptr, false) == nlohmann::json::parse(good)) continue;
    Write("node.json", damaged);
    const auto opened = Open();
    ASSERT_FALSE(opened.has_value()) << i;
    EXPECT_NE(opened.error().message().find("node.json"), std::string::npos);
    if (damaged.find("\"format\": 1") != std::string::npos) {
      EXPECT_EQ(CodeOf(opened), ErrorCode::kDataLoss) << i;
    }
  }
  for (const char* text : {"", "{}", "[]", "1", R"({"format": 1, "node": 5, "checksum": 7})"}) {
    Write("node.json", text);
    EXPECT_EQ(CodeOf(Open()), ErrorCode::kDataLoss) << text;
  }
}

TEST_F(NodeFolderTest, RefusesWhatANewerReleaseWrote) {
  Must(Open());
  Write("node.json", R"({"format": 2, "something": "else"})");
  const auto opened = Open();
  EXPECT_EQ(CodeOf(opened), ErrorCode::kFailedPrecondition);
  EXPECT_NE(opened.error().message().find("newer release (format 2"), std::string::npos);
}

TEST_F(NodeFolderTest, IsNotMadeAnewBesideStoredBlobs) {
  std::filesystem::create_directories(path() / "blobs");
  const auto opened = Open();
  EXPECT_EQ(CodeOf(opened), ErrorCode::kDataLoss);
  EXPECT_NE(opened.error().message().find("node.json"), std::string::npos);
}

TEST_F(NodeFolderTest, ADamagedTopologyIsAsGoodAsNone) {
  const telemetry::LogCapture log;
  {
    const auto folder = Must(Open());
    NodeState state = StateInACluster(*folder);
    state.topology = TopologyOf(state);
    Must(Save(*folder, std::move(state)));
  }
  Write("topology", "damaged");
  const auto folder = Must(Open());
  EXPECT_EQ(folder->state()->topology, nullptr);
  EXPECT_EQ(folder->state()->epoch, 7U);
  EXPECT_NE(log.Find({"the recorded topology is not used", "topology"}), "");
}

// Died between the two files.
TEST_F(NodeFolderTest, ATopologyThatIsNewerThanTheRestWasNeverSaved) {
  {
    const auto folder = Must(Open());
    NodeState state = StateInACluster(*folder);
    Must(Save(*folder, state));
    state.epoch = 8;
    Write("topology", topology::Encode(*TopologyOf(state)));
  }
  const auto folder = Must(Open());
  EXPECT_EQ(folder->state()->topology, nullptr);
  EXPECT_EQ(folder->state()->epoch, 7U);
}

TEST_F(NodeFolderTest, ASaveThatFailsChangesNothing) {
  const auto folder = Must(Open());
  const NodeState before = *folder->state();
  // Where the new file would be written, there is a folder.
  std::filesystem::create_directories(path() / "node.json.new");
  NodeState next = before;
  next.starts = 5;
  EXPECT_FALSE(Save(*folder, next).has_value());
  EXPECT_EQ(*folder->state(), before);
  std::filesystem::remove(path() / "node.json.new");
  Must(Save(*folder, next));
  EXPECT_EQ(folder->state()->starts, 5U);
}

TEST_F(NodeFolderTest, WhatWasStoredIsSetAsideAndTheNodeCountsAsAnOldCopy) {
  const auto folder = Must(Open());
  NodeState state = StateInACluster(*folder);
  state.incomplete = false;
  Must(Save(*folder, state));
  for (const char* name : {"blobs.damaged-1", "blobs.damaged-2"}) {
    std::filesystem::create_directories(folder->blobs());
    std::ofstream(folder->blobs() / "format") << "tritontube blobs 1\n";
    Must(folder->SetBlobsAside());
    EXPECT_FALSE(std::filesystem::exists(folder->blobs()));
    EXPECT_TRUE(std::filesystem::exists(path() / name / "format"));
  }
  EXPECT_EQ(folder->state()->starts, 0U);
  EXPECT_TRUE(folder->state()->incomplete);
  EXPECT_EQ(folder->state()->cluster, state.cluster);
}

TEST_F(NodeFolderTest, RemembersHowFarTheScrubIsAsLongAsItCanBeRead) {
  const auto folder = Must(Open());
  const auto load = [&] { return async::BlockOn(io_.executor(0), folder->LoadScrub()); };
  EXPECT_EQ(load(), scrubbing::ScrubState());
  const scrubbing::ScrubState state{.started = WallTime(std::chrono::hours(7)), .checked_bytes = 9};
  Must(async::BlockOn(io_.executor(0), folder->SaveScrub(state, Deadline::Never())));
  EXPECT_EQ(load(), state);
  Write("scrub", "damaged");
  EXPECT_EQ(load(), scrubbing::ScrubState());
}

}  // namespace
}  // namespace tritontube::node_folder
