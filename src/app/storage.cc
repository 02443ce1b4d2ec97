#include "app/storage.h"

#include <fmt/format.h>

#include "adapters/etcd/etcd_coordination.h"
#include "app/runtime.h"
#include "app/settings.h"
#include "app/storage_server.h"

namespace tritontube::app {

using telemetry::Level;
using telemetry::Log;

namespace {

async::Task<Result<std::unique_ptr<coordination::Coordination>>> OpenEtcd(
    std::vector<std::string> endpoints, Deadline deadline) {
  etcd::EtcdOptions options;
  options.endpoints = std::move(endpoints);
  TT_CO_ASSIGN_OR_RETURN(std::unique_ptr<coordination::Coordination> etcd,
                         co_await etcd::EtcdCoordination::Open(std::move(options), deadline));
  co_return etcd;
}

void TellAddress(const StorageSettings& settings, const StorageServer& server, std::FILE* out) {
  fmt::print(out, "Storage node {} is at {}\n", server.node().state()->node.text(),
             server.address());
  std::fflush(out);
  if (const auto metrics = server.metrics_address()) {
    Log(Level::kInfo, "metrics are served", {{"listen", config::FormatSocketAddress(*metrics)}});
  }
  if (!IsLoopback(settings.host)) {
    Log(Level::kWarning,
        "anyone who can reach this address can read and delete what is stored here, because there "
        "are no accounts yet",
        {{"listen", server.address()}});
  }
}

class StorageService final : public Service {
 public:
  StorageService(StorageSettings settings, std::unique_ptr<StorageServer> server, async::IoPool& io,
                 std::FILE* out)
      : settings_(std::move(settings)), server_(std::move(server)), io_(io), out_(out) {}

  async::Task<Result<void>> Start() override {
    TT_CO_RETURN_IF_ERROR(server_->Start(io_));
    TellAddress(settings_, *server_, out_);
    Log(Level::kInfo, "started",
        {{"version", TRITONTUBE_VERSION},
         {"node", server_->node().state()->node.text()},
         {"listen", server_->address()},
         {"folder", settings_.folder.string()}});
    co_return Result<void>();
  }
  async::Task<void> UntilOutdated() override { co_await server_->AwaitGivenUp(); }
  async::Task<void> Stop() override {
    co_await server_->Stop();
    if (!server_->node().is_store_given_up()) co_return;
    const Result<void> aside = server_->SetStoreAside();
    if (!aside) {
      Log(Level::kError, "the damaged database cannot be set aside",
          {{"why", aside.error().message()}});
    }
  }

 private:
  const StorageSettings settings_;
  const std::unique_ptr<StorageServer> server_;
  async::IoPool& io_;
  std::FILE* const out_;
};

async::Task<Result<std::unique_ptr<Service>>> MakeStorage(const StorageSettings& settings,
                                                          std::FILE* out, Runtime runtime) {
  TT_CO_ASSIGN_OR_RETURN(
      std::unique_ptr<StorageServer> server,
      StorageServer::Open(settings,
                          {.blocking = runtime.blocking,
                           .blocking_queue_max = runtime.blocking_queue_max,
                           .background = co_await async::asio::this_coro::executor,
                           .log = runtime.log},
                          OpenEtcd));
  co_return std::make_unique<StorageService>(settings, std::move(server), runtime.io, out);
}

}  // namespace

Result<void> RunStorage(const StorageSettings& settings, std::FILE* out) {
  return RunUntilSignal(settings.log, [&settings, out](Runtime runtime) {
    return MakeStorage(settings, out, runtime);
  });
}

}  // namespace tritontube::app
