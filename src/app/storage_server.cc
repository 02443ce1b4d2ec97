#include "app/storage_server.h"

#include <utility>

#include "base/random.h"
#include "domain/topology/topology_store.h"
#include "endpoints/storage_rpc/methods.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"
#include "services/storage_node/registration.h"

namespace tritontube::app {

namespace {

constexpr std::chrono::seconds kOpenTime{10};
constexpr std::chrono::seconds kRetryAfter{1};

}  // namespace

Result<std::unique_ptr<StorageServer>> StorageServer::Open(StorageSettings settings,
                                                           async::BlockingPool& blocking,
                                                           async::Executor background,
                                                           OpenCoordination open) {
  SystemRandom random;
  // It has the lock, and knows whether blobs may be there.
  TT_ASSIGN_OR_RETURN(auto folder,
                      node_folder::NodeFolder::Open(settings.folder, random, blocking));
  TT_ASSIGN_OR_RETURN(auto blobs, rocksdb::RocksdbBlobStore::Open(folder->blobs(), settings.blobs));
  return std::unique_ptr<StorageServer>(new StorageServer(std::move(settings), std::move(folder),
                                                          std::move(blobs), std::move(background),
                                                          std::move(open)));
}

StorageServer::StorageServer(StorageSettings settings,
                             std::unique_ptr<node_folder::NodeFolder> folder,
                             std::unique_ptr<rocksdb::RocksdbBlobStore> blobs,
                             async::Executor background, OpenCoordination open)
    : settings_(std::move(settings)),
      open_(std::move(open)),
      folder_(std::move(folder)),
      blobs_(std::move(blobs)),
      node_(*blobs_, *folder_),
      background_(std::move(background)) {}

Result<void> StorageServer::Start(async::IoPool& rpc_io) {
  TT_ASSIGN_OR_RETURN(
      server_, rpc::Server::Start(rpc_io, storage_rpc::StorageMethods(node_, TRITONTUBE_VERSION),
                                  {.listen_host = settings_.host, .port = settings_.port}));
  background_.Spawn(TakePartInCluster());
  return {};
}

async::Task<void> StorageServer::Stop() {
  std::vector<async::Task<void>> stops;
  if (server_) stops.push_back(server_->Stop(Deadline::After(settings_.drain_time)));
  stops.push_back(background_.Stop());
  co_await async::RunAll(std::move(stops));
}

std::string StorageServer::address() const {
  return config::FormatSocketAddress({.host = settings_.host, .port = server_->port()});
}

// The endpoints of the moment when it joined, or started: newer ones count from the next start on.
async::Task<void> StorageServer::TakePartInCluster() {
  const auto coordination = co_await OpenAtLast();
  if (!coordination) co_return;
  topology::TopologyStore topologies(*coordination);
  storage_node::Registration registration(node_, *coordination, topologies, address());
  co_await registration.Run();
}

// Nothing when it was cancelled.
async::Task<std::unique_ptr<coordination::Coordination>> StorageServer::OpenAtLast() {
  std::string told;
  while (!co_await async::IsCancelled()) {
    const auto seen = node_.changed().count();
    const auto state = node_.state();
    if (!state->cluster || state->etcd.empty()) {
      co_await node_.changed().WaitBeyond(seen, Deadline::Never());
      continue;
    }
    auto coordination = co_await open_(state->etcd, Deadline::After(kOpenTime));
    if (coordination) co_return *std::move(coordination);
    if (coordination.error().message() != told) {
      told = coordination.error().message();
      telemetry::Log(
          telemetry::Level::kWarning,
          "the cluster's etcd does not answer: what is here is served, nothing is stored",
          {{"why", told}});
    }
    co_await async::Sleep(kRetryAfter);
  }
  co_return nullptr;
}

}  // namespace tritontube::app
