#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "foundation/async/io_pool.h"
#include "services/storage_node/storage_node.h"
#include "support/blocking_blob_store.h"
#include "support/catalog_world.h"
#include "support/memory_blob_store.h"
#include "support/memory_node_record.h"
#include "support/must.h"

namespace tritontube::support {

// A content node on a store and a record in memory, and one thread to run coroutines on.
struct NodeWorld {
  SeededRandom random{2026};
  ClusterId cluster = ClusterId::Generate(random);
  MemoryBlobStore store;
  MemoryNodeRecord record{{.node = NodeId::Generate(random)}};
  storage_node::StorageNode node{store, record};
  async::IoPool pool{1};

  replication::Target Target(topology::Epoch epoch = 1) const {
    return {.cluster = cluster, .node = node.state()->node, .address = {}, .epoch = epoch};
  }

  // In its cluster at epoch 1, and registered.
  async::Task<void> TakeIn() {
    Must(co_await node.Join(Target(), {"localhost:2379"}, Soon()));
    node.SetRegistered();
  }

  static storage_node::IncomingBlob Incoming(std::string file, std::string text = "bytes") {
    blob::Bytes bytes(std::move(text));
    const blob::BlobStat stat{.size = bytes.size(), .digest = blob::DigestOf(bytes)};
    return {.key = TestKey(std::move(file)), .stat = stat, .bytes = std::move(bytes)};
  }
  async::Task<Result<void>> Put(std::string file, topology::Epoch epoch = 1) {
    std::vector<storage_node::IncomingBlob> batch;
    batch.push_back(Incoming(std::move(file)));
    co_return co_await node.Put(Target(epoch), std::move(batch), Soon());
  }
  async::Task<Result<std::string>> Read(std::string file, topology::Epoch epoch = 1) {
    TT_CO_ASSIGN_OR_RETURN(
        const blob::Bytes bytes,
        co_await node.Get(Target(epoch), TestKey(std::move(file)), std::nullopt, Soon()));
    co_return bytes.Flatten();
  }

  // Of one node: all slots are on `member`.
  topology::Topology TopologyOf(topology::Epoch epoch, NodeId member) const {
    return {.cluster = cluster,
            .epoch = epoch,
            .replication = {},
            .members = {{.id = std::move(member), .address = "localhost:1"}},
            .table = placement::SlotTable(
                1, std::vector<placement::SlotTable::NodeIndex>(placement::kSlotCount, 0))};
  }
};

// Runs a test's body, a coroutine without captures, in a world of its own.
inline void InNodeWorld(async::Task<void> (*body)(NodeWorld&)) {
  NodeWorld world;
  async::BlockOn(world.pool.executor(0), body(world));
}

}  // namespace tritontube::support
