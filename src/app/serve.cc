#include "app/serve.h"

#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>

#include "adapters/ffmpeg/extra_tools.h"
#include "adapters/ffmpeg/ffmpeg_tools.h"
#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "adapters/search/sqlite_search_index.h"
#include "adapters/sqlite/sqlite_coordination.h"
#include "app/data_folder.h"
#include "app/embedded_assets.h"
#include "app/observers.h"
#include "app/server_metrics.h"
#include "core/coordination/lease_keeper.h"
#include "endpoints/http_api/api.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"
#include "services/garbage/collector.h"
#include "services/space/space.h"
#include "services/transcode/transcode_worker.h"
#include "services/verification/scrubber.h"
#include "services/verification/verifier.h"
#include "transport/http/server.h"

namespace tritontube::app {

using telemetry::Level;
using telemetry::Log;

namespace {

constexpr std::chrono::seconds kLeaseTtl{10};
constexpr std::chrono::seconds kStartTimeout{30};
// Scrapers give up after ten seconds and prefer something to nothing.
constexpr std::chrono::seconds kScrapeTime{2};
constexpr std::size_t kBlockingThreads = 4;
constexpr std::size_t kBlockingQueueMax = 1024;
constexpr ByteCount kScratchBytesMax = ByteCount{1} << 42U;

// The stores and the tools: what must exist before anything can be promised.
struct Engines {
  std::unique_ptr<sqlite::SqliteCoordination> coordination;
  std::unique_ptr<rocksdb::RocksdbBlobStore> blobs;
  std::unique_ptr<search::SqliteSearchIndex> index;
  std::unique_ptr<scratch::ScratchSpace> scratch;
  std::unique_ptr<ffmpeg::FfmpegTools> tools;
};

// Opening the stores blocks; nothing else runs on this thread yet.
async::Task<Result<Engines>> OpenEngines(const ServeSettings& settings,
                                         async::BlockingPool& blocking) {
  Engines engines;
  TT_CO_ASSIGN_OR_RETURN(engines.coordination,
                         sqlite::SqliteCoordination::Open(settings.data / kCoordinationFolder));
  TT_CO_ASSIGN_OR_RETURN(
      engines.blobs, rocksdb::RocksdbBlobStore::Open(settings.data / kBlobsFolder, settings.blobs));
  TT_CO_ASSIGN_OR_RETURN(engines.index, search::SqliteSearchIndex::Open(settings.data / "search"));
  // The jail takes no relative paths.
  std::error_code failed;
  const std::filesystem::path scratch =
      std::filesystem::absolute(settings.data / "scratch", failed);
  if (failed) co_return Fail(ErrorCode::kUnavailable, "--data: {}", failed.message());
  TT_CO_ASSIGN_OR_RETURN(engines.scratch,
                         scratch::ScratchSpace::Open(scratch, kScratchBytesMax, blocking));
  TT_CO_ASSIGN_OR_RETURN(engines.tools, co_await ffmpeg::FfmpegTools::Open(
                                            {}, scratch, Deadline::After(kStartTimeout)));
  co_return engines;
}

// The server takes addresses only, and this name of one needs no resolver.
std::string LiteralAddress(const std::string& host) {
  return host == "localhost" ? "127.0.0.1" : host;
}

// Everything that `serve` is made of, in the order in which it depends on each
// other; taken apart in the opposite order.
class EmbeddedServer {
 public:
  EmbeddedServer(const ServeSettings& settings, Engines engines, const telemetry::LogSession& log,
                 async::BlockingPool& blocking, async::Executor background)
      : settings_(settings),
        request_log_(settings.slow_request_after),
        engines_(std::move(engines)),
        blobs_(*engines_.blobs),
        lease_(*engines_.coordination, kLeaseTtl),
        catalog_(*engines_.coordination),
        jobs_(*engines_.coordination, catalog_, random_),
        space_(blobs_, catalog_, jobs_, settings.space),
        analyst_(blocking),
        judge_({.store = blobs_,
                .scratch = *engines_.scratch,
                .prober = *engines_.tools,
                .analyst = analyst_},
               {}),
        upload_({.catalog = catalog_,
                 .store = blobs_,
                 .space = space_,
                 .judge = judge_,
                 .lease = lease_,
                 .clock = clock_,
                 .random = random_},
                settings.upload),
        resumable_({.catalog = catalog_,
                    .store = blobs_,
                    .space = space_,
                    .judge = judge_,
                    .analyst = analyst_,
                    .clock = clock_,
                    .random = random_},
                   {.size_max = settings.upload.size_max, .expiry = settings.upload_expiry}),
        search_(catalog_, *engines_.coordination, *engines_.index),
        library_(catalog_, blobs_, search_),
        delivery_(catalog_, blobs_, blocking, settings.delivery),
        extra_tools_(engines_.tools->options()),
        extras_(blobs_, *engines_.scratch, extra_tools_),
        captions_(Stores()),
        posters_(Stores(), *engines_.scratch, extra_tools_),
        collector_(catalog_, blobs_, clock_),
        damage_log_(*engines_.coordination),
        verifier_(catalog_, *engines_.blobs, damage_log_, clock_),
        scrubber_({.catalog = catalog_,
                   .store = *engines_.blobs,
                   .watched = blobs_,
                   .log = damage_log_,
                   .clock = clock_},
                  settings.scrub),
        metrics_({.http = http_metrics_,
                  .connections_max = settings.http.connections_max,
                  .job_log = job_log_,
                  .jobs = jobs_,
                  .blobs = *engines_.blobs,
                  .coordination = *engines_.coordination,
                  .lease = lease_,
                  .upload = upload_,
                  .resumable = resumable_,
                  .delivery = delivery_,
                  .collector = collector_,
                  .extras = extras_,
                  .search = search_,
                  .scratch = *engines_.scratch,
                  .space = space_,
                  .damage = damage_log_,
                  .blocking = blocking,
                  .blocking_queue_max = kBlockingQueueMax,
                  .log = log}),
        transcoding_(background),
        background_(background) {}

  // On the background thread.
  async::Task<Result<void>> Start(async::IoPool& http_io) {
    TT_CO_RETURN_IF_ERROR(co_await lease_.Start(Deadline::After(kStartTimeout)));
    TT_CO_RETURN_IF_ERROR(co_await damage_log_.Load(Deadline::After(kStartTimeout)));
    // Before anybody asks for room: what waits to be transcoded needs some.
    TT_CO_RETURN_IF_ERROR(co_await space_.Reconcile(Deadline::After(kStartTimeout)));
    background_.Spawn(lease_.Run());
    background_.Spawn(space_.Run());
    background_.Spawn(collector_.Run());
    background_.Spawn(resumable_.Run());
    background_.Spawn(search_.Run());
    background_.Spawn(scrubber_.Run());
    for (int i = 0; i < settings_.workers; ++i) StartWorker();
    http::Server::Options options{.listen_address = LiteralAddress(settings_.listen.host),
                                  .port = settings_.listen.port,
                                  .limits = settings_.http,
                                  .host_policy = http::HostPolicy::ForListener(
                                      settings_.listen.host, settings_.allowed_hosts),
                                  .observer = &observers_};
    TT_CO_ASSIGN_OR_RETURN(server_,
                           http::Server::Start(http_io, BuildRouter(), std::move(options)));
    co_return Result<void>();
  }

  async::Task<void> Stop() {
    std::vector<async::Task<void>> stops;
    if (server_) stops.push_back(server_->Stop(Deadline::After(settings_.drain_time)));
    stops.push_back(transcoding_.Stop());
    co_await async::RunAll(std::move(stops));
    // The lease last: it says that what was under way until now had an owner.
    co_await background_.Stop();
  }

  std::uint16_t port() const { return server_->port(); }

 private:
  extras::ExtraStores Stores() {
    return {
        .catalog = catalog_, .store = blobs_, .lease = lease_, .random = random_, .space = space_};
  }

  void StartWorker() {
    workers_.push_back(std::make_unique<transcode::TranscodeWorker>(
        transcode::TranscodeWorker::Dependencies{.catalog = catalog_,
                                                 .jobs = jobs_,
                                                 .store = blobs_,
                                                 .space = space_,
                                                 .scratch = *engines_.scratch,
                                                 .prober = *engines_.tools,
                                                 .encoder = *engines_.tools,
                                                 .extras = extras_,
                                                 .lease = lease_,
                                                 .clock = clock_,
                                                 .observer = job_log_},
        transcode::WorkerOptions{}));
    transcoding_.Spawn(workers_.back()->Run());
  }

  http::Router BuildRouter() {
    return http_api::BuildRouter({.library = library_,
                                  .catalog = catalog_,
                                  .coordination = *engines_.coordination,
                                  .upload = upload_,
                                  .resumable = resumable_,
                                  .delivery = delivery_,
                                  .verifier = verifier_,
                                  .blobs = *engines_.blobs,
                                  .captions = captions_,
                                  .posters = posters_,
                                  .assets = assets_,
                                  .unready_reason = [this] { return UnreadyReason(); },
                                  .metrics_text = [this] { return Metrics(); }},
                                 {.upload_bytes_max = settings_.upload.size_max});
  }

  async::Task<std::string> Metrics() { return metrics_.Scrape(Deadline::After(kScrapeTime)); }

  async::Task<std::optional<std::string>> UnreadyReason() {
    const Deadline deadline = Deadline::After(std::chrono::seconds(2));
    const auto answer = co_await engines_.coordination->Get("ready", deadline);
    if (!answer) co_return "The metadata cannot be read: " + answer.error().message();
    const auto room = co_await space_.Measure(deadline);
    if (!room) co_return "The blob store does not answer: " + room.error().message();
    co_return room->WhyFull();
  }

  const ServeSettings settings_;
  SystemClock clock_;
  SystemRandom random_;
  EmbeddedAssets assets_;
  RequestLog request_log_;
  HttpMetrics http_metrics_;
  ServerObservers observers_{{&request_log_, &http_metrics_}};
  JobLog job_log_;
  Engines engines_;
  verification::WatchedBlobStore blobs_;
  coordination::LeaseKeeper lease_;
  catalog::Catalog catalog_;
  jobs::JobQueue jobs_;
  space::Space space_;
  upload::SourceAnalyst analyst_;
  upload::SourceJudge judge_;
  upload::UploadService upload_;
  upload::ResumableUploads resumable_;
  library::Search search_;
  library::Library library_;
  delivery::Delivery delivery_;
  ffmpeg::FfmpegExtraTools extra_tools_;
  extras::ExtrasMaker extras_;
  extras::CaptionService captions_;
  extras::PosterService posters_;
  garbage::Collector collector_;
  verification::DamageLog damage_log_;
  verification::Verifier verifier_;
  verification::Scrubber scrubber_;
  ServerMetrics metrics_;
  std::vector<std::unique_ptr<transcode::TranscodeWorker>> workers_;
  async::TaskGroup transcoding_;
  async::TaskGroup background_;
  std::unique_ptr<http::Server> server_;
};

void PrintAddress(const config::SocketAddress& listen, std::uint16_t port) {
  const bool everywhere = listen.host == "0.0.0.0" || listen.host == "::";
  const config::SocketAddress shown{.host = everywhere ? "localhost" : listen.host, .port = port};
  fmt::print("TritonTube is at http://{}\n", config::FormatSocketAddress(shown));
  std::fflush(stdout);
  if (!IsLoopback(listen.host)) {
    Log(Level::kWarning,
        "anyone who can reach this address can upload and delete videos, because there are no "
        "accounts yet",
        {{"listen", config::FormatSocketAddress(listen)}});
  }
}

// What every part of the process runs on.
struct Runtime {
  telemetry::LogSession& log;
  async::BlockingPool& blocking;
  async::IoPool& http_io;
};

// Ends when the process is asked to. The error is why it could not serve.
async::Task<Result<void>> ServeUntilSignal(const ServeSettings& settings, Runtime runtime) {
  const async::Executor executor = co_await async::asio::this_coro::executor;
  boost::asio::basic_signal_set<async::Executor> signals(executor, SIGINT, SIGTERM);
  TT_CO_ASSIGN_OR_RETURN(Engines engines, co_await OpenEngines(settings, runtime.blocking));
  EmbeddedServer server(settings, std::move(engines), runtime.log, runtime.blocking, executor);
  const Result<void> started = co_await server.Start(runtime.http_io);
  if (started) {
    PrintAddress(settings.listen, server.port());
    Log(Level::kInfo, "started",
        {{"version", TRITONTUBE_VERSION},
         {"listen", config::FormatSocketAddress({settings.listen.host, server.port()})},
         {"data", settings.data.string()},
         {"workers", settings.workers}});
    const auto [error, number] = co_await signals.async_wait(async::kUseTask);
    Log(Level::kInfo, "stopping", {{"signal", error ? 0 : number}});
  }
  co_await server.Stop();
  if (started) Log(Level::kInfo, "stopped");
  co_return started;
}

async::Task<void> ServeInto(const ServeSettings& settings, Runtime runtime, Result<void>& served) {
  served = co_await ServeUntilSignal(settings, runtime);
}

}  // namespace

Result<void> Serve(const ServeSettings& settings) {
  std::signal(SIGPIPE, SIG_IGN);
  telemetry::LogSession log(settings.log);
  async::BlockingPool blocking(kBlockingThreads, kBlockingQueueMax);
  async::IoPool http_io(std::max(1U, std::thread::hardware_concurrency()));
  const async::IoPool background_io(1);
  Result<void> served;
  async::BlockOn(background_io.executor(0), ServeInto(settings, {log, blocking, http_io}, served));
  return served;
}

}  // namespace tritontube::app
