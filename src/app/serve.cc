#include "app/serve.h"

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "adapters/sqlite/sqlite_coordination.h"
#include "app/data_folder.h"
#include "app/runtime.h"
#include "services/cluster/single_machine.h"

namespace tritontube::app {

namespace {

// The stores of one machine: what must exist before anything can be promised.
struct EmbeddedStores {
  std::unique_ptr<sqlite::SqliteCoordination> coordination;
  std::unique_ptr<rocksdb::RocksdbBlobStore> blobs;

  static Result<EmbeddedStores> Open(const ServeSettings& settings) {
    EmbeddedStores stores;
    TT_ASSIGN_OR_RETURN(stores.coordination,
                        sqlite::SqliteCoordination::Open(settings.data / kCoordinationFolder));
    TT_ASSIGN_OR_RETURN(stores.blobs, rocksdb::RocksdbBlobStore::Open(settings.data / kBlobsFolder,
                                                                      settings.blobs));
    return stores;
  }

  Engines engines() const {
    return {.coordination = *coordination,
            .blobs = *blobs,
            .queues =
                [this] {
                  std::vector<NamedQueueLoad> all = blobs->queues();
                  std::ranges::copy(coordination->queues(), std::back_inserter(all));
                  return all;
                },
            .garbage_bytes = [this](Deadline deadline) { return blobs->GarbageBytes(deadline); }};
  }
};

// Everything in one process, with nothing else installed.
class EmbeddedService final : public Service {
 public:
  EmbeddedService(const ServeSettings& settings, EmbeddedStores stores, LocalTools local,
                  Runtime runtime, async::Executor background)
      : settings_(settings),
        stores_(std::move(stores)),
        view_(*stores_.blobs),
        io_(runtime.io),
        server_(settings, stores_.engines(), std::move(local),
                runtime.ForMediaServer(background, view_)) {}

  async::Task<Result<void>> Start() override {
    TT_CO_RETURN_IF_ERROR(co_await server_.Start(io_));
    TellAddress(settings_, server_.port());
    co_return Result<void>();
  }
  async::Task<void> Stop() override { co_await server_.Stop(); }

 private:
  const ServeSettings settings_;
  const EmbeddedStores stores_;
  const cluster::SingleMachine view_;
  async::IoPool& io_;
  MediaServer server_;
};

async::Task<Result<std::unique_ptr<Service>>> MakeEmbedded(const ServeSettings& settings,
                                                           Runtime runtime) {
  TT_CO_ASSIGN_OR_RETURN(EmbeddedStores stores, EmbeddedStores::Open(settings));
  TT_CO_ASSIGN_OR_RETURN(
      LocalTools local,
      co_await LocalTools::Open(settings.data, runtime.blocking, Deadline::After(kStartTimeout)));
  co_return std::make_unique<EmbeddedService>(settings, std::move(stores), std::move(local),
                                              runtime, co_await async::asio::this_coro::executor);
}

}  // namespace

Result<void> Serve(const ServeSettings& settings) {
  return RunUntilSignal(settings.log,
                        [&settings](Runtime runtime) { return MakeEmbedded(settings, runtime); });
}

}  // namespace tritontube::app
