#include "app/web.h"

#include "adapters/etcd/etcd_coordination.h"
#include "adapters/storage_client/grpc_node_client.h"
#include "app/runtime.h"
#include "domain/replication/cluster_blob_store.h"
#include "endpoints/admin_rpc/admin_methods.h"
#include "services/cluster/administration.h"
#include "services/cluster/coordinator.h"
#include "services/cluster/founding.h"
#include "services/cluster/replicated_view.h"
#include "transport/rpc/server.h"

namespace tritontube::app {

namespace {

constexpr std::chrono::seconds kAdminDrainTime{1};
// The original's client sets no deadline, and waits until the last file has moved.
constexpr std::chrono::hours kAdminTimeMax{24};

// A web server on etcd and content nodes. It keeps nothing itself: any number of them serve the
// same videos.
class WebService final : public Service {
 public:
  WebService(const WebSettings& settings, std::unique_ptr<etcd::EtcdCoordination> coordination,
             LocalTools local, Runtime runtime, async::Executor background)
      : settings_(settings),
        coordination_(std::move(coordination)),
        topology_(*coordination_),
        founding_(topology_, nodes_, random_,
                  {.etcd = settings.etcd, .initial_nodes = settings.initial_nodes}),
        blobs_(nodes_, topology_, clock_, background),
        view_(topology_, nodes_),
        administration_(topology_, nodes_, {.etcd = settings.etcd}),
        coordinator_(*coordination_, topology_, clock_,
                     config::FormatSocketAddress({settings.admin.host, settings.admin.port})),
        io_(runtime.io),
        background_(background),
        server_(settings, engines(), std::move(local), runtime.ForMediaServer(background, view_)) {}

  async::Task<Result<void>> Start() override {
    TT_CO_RETURN_IF_ERROR(co_await founding_.Run());
    background_.Spawn(founding_.WelcomeTheRest());
    background_.Spawn(topology_.Run());
    background_.Spawn(coordinator_.Run());
    blobs_.Start();
    TT_CO_RETURN_IF_ERROR(co_await server_.Start(io_));
    TT_CO_ASSIGN_OR_RETURN(
        admin_, rpc::Server::Start(io_,
                                   admin_rpc::AdminMethods(topology_, server_.reporter(),
                                                           administration_, server_.named_files()),
                                   {.listen_host = settings_.admin.host,
                                    .port = settings_.admin.port,
                                    .call_time_max = kAdminTimeMax}));
    TellAddress(settings_, server_.port());
    telemetry::Log(
        telemetry::Level::kInfo, "part of a cluster",
        {{"cluster", topology_.snapshot()->cluster.text()},
         {"epoch", topology_.snapshot()->epoch},
         {"admin", config::FormatSocketAddress({settings_.admin.host, admin_->port()})}});
    co_return Result<void>();
  }

  async::Task<void> Stop() override {
    if (admin_) co_await admin_->Stop(Deadline::After(kAdminDrainTime));
    co_await server_.Stop();
    // Copies under way are remembered nowhere else.
    co_await blobs_.Settle(Deadline::After(kCopiesTime));
    co_await blobs_.Stop();
    co_await background_.Stop();
  }

 private:
  Engines engines() {
    return {.coordination = *coordination_,
            .blobs = blobs_,
            .queues = [] { return std::vector<NamedQueueLoad>(); },
            .garbage_bytes = NoGarbage,
            .replication = [this] { return std::optional(blobs_.counts()); }};
  }
  // The content nodes know their own.
  static async::Task<Result<ByteCount>> NoGarbage(Deadline /*deadline*/) {
    co_return Fail(ErrorCode::kUnimplemented, "each content node tells of its own garbage");
  }

  const WebSettings settings_;
  SystemClock clock_;
  SystemRandom random_;
  const std::unique_ptr<etcd::EtcdCoordination> coordination_;
  topology::TopologyStore topology_;
  storage_client::GrpcNodeClient nodes_;
  cluster::Founding founding_;
  replication::ClusterBlobStore blobs_;
  const cluster::ReplicatedView view_;
  cluster::Administration administration_;
  cluster::Coordinator coordinator_;
  async::IoPool& io_;
  async::TaskGroup background_;
  MediaServer server_;
  std::unique_ptr<rpc::Server> admin_;
};

async::Task<Result<std::unique_ptr<Service>>> MakeWeb(const WebSettings& settings,
                                                      Runtime runtime) {
  TT_CO_ASSIGN_OR_RETURN(auto coordination,
                         co_await etcd::EtcdCoordination::Open({.endpoints = settings.etcd},
                                                               Deadline::After(kStartTimeout)));
  TT_CO_ASSIGN_OR_RETURN(
      LocalTools local,
      co_await LocalTools::Open(settings.data, runtime.blocking, Deadline::After(kStartTimeout)));
  co_return std::make_unique<WebService>(settings, std::move(coordination), std::move(local),
                                         runtime, co_await async::asio::this_coro::executor);
}

}  // namespace

Result<void> Web(const WebSettings& settings) {
  return RunUntilSignal(settings.log,
                        [&settings](Runtime runtime) { return MakeWeb(settings, runtime); });
}

}  // namespace tritontube::app
