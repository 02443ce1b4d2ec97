#include "app/worker.h"

#include <fmt/format.h>

#include "adapters/etcd/etcd_coordination.h"
#include "adapters/storage_client/grpc_node_client.h"
#include "app/runtime.h"
#include "app/transcoder.h"
#include "domain/replication/cluster_blob_store.h"
#include "domain/topology/topology_store.h"
#include "foundation/async/sleep.h"

namespace tritontube::app {

namespace {

constexpr std::chrono::milliseconds kLookAgain{200};

// A machine that only transcodes: it keeps nothing, and may come and go.
class WorkerService final : public Service {
 public:
  WorkerService(const WorkerSettings& settings,
                std::unique_ptr<etcd::EtcdCoordination> coordination, LocalTools local,
                async::Executor background, std::FILE* out)
      : settings_(settings),
        out_(out),
        coordination_(std::move(coordination)),
        topology_(*coordination_),
        blobs_(nodes_, topology_, clock_, background),
        transcoder_(*coordination_, blobs_, std::move(local),
                    static_cast<std::size_t>(settings.workers), background),
        background_(background) {}

  async::Task<Result<void>> Start() override {
    TT_CO_ASSIGN_OR_RETURN(const auto topology, co_await WaitForCluster());
    background_.Spawn(topology_.Run());
    blobs_.Start();
    TT_CO_RETURN_IF_ERROR(co_await transcoder_.Start());
    fmt::print(out_, "Worker {} transcodes up to {} at once\n", WorkerName(), settings_.workers);
    std::fflush(out_);
    telemetry::Log(telemetry::Level::kInfo, "started",
                   {{"version", TRITONTUBE_VERSION},
                    {"worker", WorkerName()},
                    {"workers", settings_.workers},
                    {"cluster", topology->cluster.text()}});
    co_return Result<void>();
  }

  async::Task<void> Stop() override {
    co_await transcoder_.Stop();
    // Copies under way are remembered nowhere else.
    co_await blobs_.Settle(Deadline::After(kCopiesTime));
    co_await blobs_.Stop();
    co_await background_.Stop();
  }

 private:
  // Everything may be started at once.
  async::Task<Result<std::shared_ptr<const topology::Topology>>> WaitForCluster() {
    const Deadline deadline = Deadline::After(kStartTimeout);
    for (;;) {
      TT_CO_ASSIGN_OR_RETURN(auto topology, co_await topology_.Load(deadline));
      if (topology != nullptr) co_return topology;
      if (deadline.HasPassed()) {
        co_return Fail(ErrorCode::kInvalidArgument,
                       "there is no cluster in this etcd: start a web server, which founds one");
      }
      co_await async::Sleep(kLookAgain);
      const bool cancelled = co_await async::IsCancelled();
      if (cancelled) co_return Fail(ErrorCode::kCancelled, "the start was stopped");
    }
  }

  const WorkerSettings settings_;
  std::FILE* const out_;
  SystemClock clock_;
  const std::unique_ptr<etcd::EtcdCoordination> coordination_;
  topology::TopologyStore topology_;
  storage_client::GrpcNodeClient nodes_;
  replication::ClusterBlobStore blobs_;
  Transcoder transcoder_;
  async::TaskGroup background_;
};

async::Task<Result<std::unique_ptr<Service>>> MakeWorker(const WorkerSettings& settings,
                                                         std::FILE* out, Runtime runtime) {
  TT_CO_ASSIGN_OR_RETURN(auto coordination,
                         co_await etcd::EtcdCoordination::Open({.endpoints = settings.etcd},
                                                               Deadline::After(kStartTimeout)));
  TT_CO_ASSIGN_OR_RETURN(LocalTools local,
                         co_await LocalTools::OpenToTranscode(settings.data, runtime.blocking,
                                                              Deadline::After(kStartTimeout)));
  co_return std::make_unique<WorkerService>(settings, std::move(coordination), std::move(local),
                                            co_await async::asio::this_coro::executor, out);
}

}  // namespace

Result<void> RunWorker(const WorkerSettings& settings, std::FILE* out) {
  return RunUntilSignal(settings.log, [&settings, out](Runtime runtime) {
    return MakeWorker(settings, out, runtime);
  });
}

}  // namespace tritontube::app
