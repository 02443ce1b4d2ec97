#include "app/storage_server.h"

#include <algorithm>
#include <utility>

#include "app/settings.h"
#include "app/shared_metrics.h"
#include "app/transcoder.h"
#include "base/random.h"
#include "domain/replication/cluster_blob_store.h"
#include "domain/topology/roles.h"
#include "domain/topology/topology_store.h"
#include "endpoints/http_api/api.h"
#include "endpoints/storage_rpc/methods.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"
#include "services/cluster/absence_watch.h"
#include "services/cluster/coordinator.h"
#include "services/storage_node/cleaner.h"
#include "services/storage_node/comparer.h"
#include "services/storage_node/node_scrubber.h"
#include "services/storage_node/puller.h"
#include "services/storage_node/registration.h"

namespace tritontube::app {

namespace {

constexpr std::chrono::seconds kOpenTime{10};
constexpr std::chrono::seconds kRetryAfter{1};

// By the newest topology that it remembers.
bool MayBeginAnew(const membership::NodeState& state) {
  return state.topology && topology::MayBeginAnew(*state.topology, state.node);
}

std::unexpected<Error> GoneForGood(const node_folder::NodeFolder& folder) {
  return Fail(
      ErrorCode::kDataLoss,
      "what this node has stored in {} is gone, and the others do not have all of it: bring "
      "it back (is its disk mounted?), or start with an empty folder as another node, "
      "'tritontube admin remove' {} with --dead, and 'admin add' the other one",
      folder.blobs().string(), folder.state()->node.text());
}

// Whoever is soon given up is soon believed to be back.
cluster::AbsenceWatchOptions WatchFor(std::chrono::milliseconds give_up_after) {
  cluster::AbsenceWatchOptions options{.absence = {.give_up_after = give_up_after}};
  auto& steady_for = options.comeback.steady_for;
  if (give_up_after.count() > 0) steady_for = std::min(steady_for, give_up_after);
  return options;
}

// A store that is lost or cannot be opened is begun anew when the others have all of it; otherwise
// it is left as it is for somebody to look at.
Result<std::unique_ptr<rocksdb::RocksdbBlobStore>> OpenBlobs(
    node_folder::NodeFolder& folder, const rocksdb::RocksdbOptions& options) {
  const bool was_there = folder.state()->cluster && folder.state()->starts > 0;
  TT_ASSIGN_OR_RETURN(const bool is_there, rocksdb::RocksdbBlobStore::IsMade(folder.blobs()));
  if (was_there && !is_there) {
    if (!MayBeginAnew(*folder.state())) return GoneForGood(folder);
    TT_RETURN_IF_ERROR(folder.BeginAnew());
  }
  auto blobs = rocksdb::RocksdbBlobStore::Open(folder.blobs(), options);
  const bool is_damaged = !blobs && blobs.error().code() == ErrorCode::kDataLoss;
  if (!is_damaged || !MayBeginAnew(*folder.state())) return blobs;
  telemetry::Log(telemetry::Level::kError, "this node's database is damaged",
                 {{"why", blobs.error().message()}});
  TT_RETURN_IF_ERROR(folder.SetBlobsAside());
  return rocksdb::RocksdbBlobStore::Open(folder.blobs(), options);
}

}  // namespace

Result<std::unique_ptr<StorageServer>> StorageServer::Open(StorageSettings settings,
                                                           Surroundings surroundings,
                                                           OpenCoordination open) {
  SystemRandom random;
  // It has the lock, and knows whether blobs may be there.
  TT_ASSIGN_OR_RETURN(
      auto folder, node_folder::NodeFolder::Open(settings.folder, random, surroundings.blocking));
  TT_ASSIGN_OR_RETURN(auto blobs, OpenBlobs(*folder, settings.blobs));
  return std::unique_ptr<StorageServer>(new StorageServer(
      std::move(settings), std::move(folder), std::move(blobs), surroundings, std::move(open)));
}

StorageServer::StorageServer(StorageSettings settings,
                             std::unique_ptr<node_folder::NodeFolder> folder,
                             std::unique_ptr<rocksdb::RocksdbBlobStore> blobs,
                             const Surroundings& surroundings, OpenCoordination open)
    : settings_(std::move(settings)),
      surroundings_(surroundings),
      open_(std::move(open)),
      folder_(std::move(folder)),
      blobs_(std::move(blobs)),
      node_(*blobs_, *folder_),
      background_(surroundings.background) {}

Result<void> StorageServer::Start(async::IoPool& io) {
  TT_ASSIGN_OR_RETURN(server_,
                      rpc::Server::Start(io, storage_rpc::StorageMethods(node_, TRITONTUBE_VERSION),
                                         {.listen_host = settings_.host, .port = settings_.port}));
  if (settings_.metrics_listen) TT_RETURN_IF_ERROR(ServeMetrics(io, *settings_.metrics_listen));
  background_.Spawn(TakePartInCluster());
  return {};
}

Result<void> StorageServer::ServeMetrics(async::IoPool& io, const config::SocketAddress& listen) {
  metrics_ =
      std::make_unique<NodeMetrics>(NodeMetrics::Sources{.node = node_,
                                                         .server = *server_,
                                                         .queues = [this] { return Queues(); },
                                                         .log = surroundings_.log});
  http::Router router;
  http_api::AddHealthRoutes(
      router, {.unready_reason = [this] { return UnreadyReason(); },
               .metrics_text = [this] { return metrics_->Scrape(Deadline::After(kScrapeTime)); }});
  // Any name: a scraper has its own for this machine, and nothing can be changed here.
  http::Server::Options options;
  options.listen_address = LiteralAddress(listen.host);
  options.port = listen.port;
  TT_ASSIGN_OR_RETURN(http_server_, http::Server::Start(io, std::move(router), std::move(options)));
  return {};
}

std::vector<NamedQueueLoad> StorageServer::Queues() const {
  std::vector<NamedQueueLoad> all = blobs_->queues();
  all.push_back({"files", {surroundings_.blocking.pending(), surroundings_.blocking_queue_max}});
  return all;
}

async::Task<std::optional<std::string>> StorageServer::UnreadyReason() {
  if (!node_.state()->cluster) co_return "The node is not in a cluster yet.";
  if (!node_.registered()) co_return "The node is not registered with the cluster's etcd yet.";
  co_return std::nullopt;
}

async::Task<void> StorageServer::Stop() {
  std::vector<async::Task<void>> stops;
  const Deadline drained = Deadline::After(settings_.drain_time);
  if (http_server_) stops.push_back(http_server_->Stop(drained));
  if (server_) stops.push_back(server_->Stop(drained));
  stops.push_back(background_.Stop());
  co_await async::RunAll(std::move(stops));
}

async::Task<void> StorageServer::AwaitGivenUp() {
  while (!co_await async::IsCancelled()) {
    const auto seen = node_.changed().count();
    if (node_.is_store_given_up()) co_return;
    co_await node_.changed().WaitBeyond(seen, Deadline::Never());
  }
}

Result<void> StorageServer::SetStoreAside() {
  blobs_.reset();
  return folder_->SetBlobsAside();
}

std::string StorageServer::address() const {
  return config::FormatSocketAddress({.host = settings_.host, .port = server_->port()});
}

std::optional<config::SocketAddress> StorageServer::metrics_address() const {
  if (!http_server_) return std::nullopt;
  return config::SocketAddress{.host = settings_.metrics_listen->host,
                               .port = http_server_->port()};
}

// The endpoints of the moment when it joined, or started: newer ones count from the next start on.
async::Task<void> StorageServer::TakePartInCluster() {
  const auto coordination = co_await OpenAtLast();
  if (!coordination) co_return;
  topology::TopologyStore topologies(*coordination);
  storage_node::Registration registration(node_, *coordination, topologies, address());
  storage_node::Puller puller(node_, peers_, *coordination, topologies);
  storage_node::Comparer comparer(node_, peers_, clock_, {.period = settings_.compare_period});
  storage_node::NodeScrubber scrubber(node_, peers_, *folder_, clock_, {.pace = settings_.scrub});
  storage_node::Cleaner cleaner(node_, peers_, {.keep_for = settings_.keep_moved});
  cluster::Coordinator coordinator(*coordination, topologies, clock_, address());
  cluster::AbsenceWatch absence(*coordination, topologies, peers_, clock_, node_.state()->node,
                                WatchFor(settings_.give_up_after));
  std::vector<async::Task<void>> tasks;
  tasks.push_back(registration.Run());
  tasks.push_back(puller.Run());
  tasks.push_back(comparer.Run());
  tasks.push_back(scrubber.Run());
  tasks.push_back(cleaner.Run());
  tasks.push_back(coordinator.Run());
  tasks.push_back(absence.Run());
  if (settings_.workers > 0) tasks.push_back(Transcode(*coordination, topologies));
  co_await async::RunAll(std::move(tasks));
}

// What keeps it from transcoding does not keep it from serving.
async::Task<void> StorageServer::Transcode(coordination::Coordination& coordination,
                                           topology::TopologyStore& topologies) {
  replication::ClusterBlobStore blobs(peers_, topologies, clock_, surroundings_.background);
  blobs.Start();
  std::string told;
  while (!co_await async::IsCancelled()) {
    auto local = co_await LocalTools::OpenToTranscode(
        settings_.folder / "work", surroundings_.blocking, Deadline::After(kOpenTime));
    std::optional<Transcoder> transcoder;
    Result<void> started;
    if (local) {
      transcoder.emplace(coordination, blobs, *std::move(local),
                         static_cast<std::size_t>(settings_.workers), surroundings_.background);
      started = co_await transcoder->Start();
    } else {
      started = std::unexpected(local.error());
    }
    if (started) co_await async::SleepUntil(Deadline::Never());
    if (transcoder) co_await transcoder->Stop();
    if (!started && started.error().message() != told) {
      told = started.error().message();
      telemetry::Log(telemetry::Level::kWarning, "this node does not transcode", {{"why", told}});
    }
    co_await async::Sleep(kRetryAfter);
  }
  co_await blobs.Stop();
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
