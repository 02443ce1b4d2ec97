#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/node_folder/node_folder.h"
#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "adapters/storage_client/grpc_node_client.h"
#include "app/node_metrics.h"
#include "app/storage_settings.h"
#include "core/coordination/coordination.h"
#include "domain/topology/topology_store.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/task_group.h"
#include "services/storage_node/storage_node.h"
#include "transport/http/server.h"
#include "transport/rpc/server.h"

namespace tritontube::app {

// Opens the metadata of the cluster that the node was taken into.
using OpenCoordination =
    std::function<async::Task<Result<std::unique_ptr<coordination::Coordination>>>(
        std::vector<std::string> endpoints, Deadline deadline)>;

// Everything that `storage` is made of: a node on its folder, behind a server, that registers with
// its cluster as soon as it has one. It serves what it has from the start on, also while the
// cluster's metadata is away.
//
// Opened, stopped and destroyed on `background`, and on no thread of the server.
class StorageServer {
 public:
  // What it shares with the rest of the process; outlives it.
  struct Surroundings {
    async::BlockingPool& blocking;
    std::size_t blocking_queue_max;
    async::Executor background;
    const telemetry::LogSession& log;
  };

  // Opening the stores blocks.
  static Result<std::unique_ptr<StorageServer>> Open(StorageSettings settings,
                                                     Surroundings surroundings,
                                                     OpenCoordination open);

  Result<void> Start(async::IoPool& io);
  // Gives calls under way the settings' drain time, then ends them.
  async::Task<void> Stop();
  // Until the node has given its store up (StorageNode::GiveUpStore).
  async::Task<void> AwaitGivenUp();
  // After Stop(): closes the store for good, so that the next one begins with an empty one. Blocks.
  Result<void> SetStoreAside();

  // host:port, once it has started.
  std::string address() const;
  // Of the metrics; nothing unless they are served.
  std::optional<config::SocketAddress> metrics_address() const;
  storage_node::StorageNode& node() { return node_; }
  const storage_node::StorageNode& node() const { return node_; }

 private:
  StorageServer(StorageSettings settings, std::unique_ptr<node_folder::NodeFolder> folder,
                std::unique_ptr<rocksdb::RocksdbBlobStore> blobs, const Surroundings& surroundings,
                OpenCoordination open);
  Result<void> ServeMetrics(async::IoPool& io, const config::SocketAddress& listen);
  std::vector<NamedQueueLoad> Queues() const;
  async::Task<std::optional<std::string>> UnreadyReason();
  // Until cancelled.
  async::Task<void> TakePartInCluster();
  async::Task<std::unique_ptr<coordination::Coordination>> OpenAtLast();
  async::Task<void> Transcode(coordination::Coordination& coordination,
                              topology::TopologyStore& topologies);

  const StorageSettings settings_;
  const Surroundings surroundings_;
  const OpenCoordination open_;
  std::unique_ptr<node_folder::NodeFolder> folder_;
  std::unique_ptr<rocksdb::RocksdbBlobStore> blobs_;
  storage_node::StorageNode node_;
  SystemClock clock_;
  storage_client::GrpcNodeClient peers_;
  async::TaskGroup background_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<NodeMetrics> metrics_;
  std::unique_ptr<http::Server> http_server_;
};

}  // namespace tritontube::app
