#include "app/runtime.h"

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <thread>

#include "foundation/async/task_group.h"

namespace tritontube::app {

using telemetry::Level;
using telemetry::Log;

namespace {

constexpr std::size_t kBlockingThreads = 4;
constexpr std::size_t kBlockingQueueMax = 1024;

using Signals = boost::asio::basic_signal_set<async::Executor>;

async::Task<void> StartInto(Service& service, Result<void>& started) {
  started = co_await service.Start();
}

async::Task<void> StopAtSignal(Signals& signals, async::TaskGroup& work) {
  const auto [error, number] = co_await signals.async_wait(async::kUseTask);
  if (!error) co_await work.Stop();
}

async::Task<void> CancelWhenOutdated(Service& service, Signals& signals) {
  co_await service.UntilOutdated();
  const bool cancelled = co_await async::IsCancelled();
  if (!cancelled) signals.cancel();
}

// A start may wait for others, and whoever presses Ctrl-C does not. False when it has started and
// is to stop already: the signal came and will not come again.
async::Task<Result<bool>> StartUnlessStopped(Service& service, Signals& signals) {
  const async::Executor executor = co_await async::asio::this_coro::executor;
  Result<void> started;
  async::TaskGroup start(executor);
  async::TaskGroup watch(executor);
  start.Spawn(StartInto(service, started));
  watch.Spawn(StopAtSignal(signals, start));
  co_await start.Join();
  co_await watch.Stop();
  if (!started) co_return std::unexpected(std::move(started).error());
  co_return !start.stopping();
}

// True when a signal has come, false when the service is to be made anew.
async::Task<bool> UntilSignalOrOutdated(Service& service, Signals& signals) {
  async::TaskGroup outdated(co_await async::asio::this_coro::executor);
  outdated.Spawn(CancelWhenOutdated(service, signals));
  const auto [error, number] = co_await signals.async_wait(async::kUseTask);
  co_await outdated.Stop();
  if (!error) Log(Level::kInfo, "stopping", {{"signal", number}});
  co_return !error;
}

// True when it has stopped because of a signal.
async::Task<Result<bool>> ServeOnce(const MakeService& make, Runtime runtime, Signals& signals) {
  TT_CO_ASSIGN_OR_RETURN(const std::unique_ptr<Service> service, co_await make(runtime));
  const Result<bool> started = co_await StartUnlessStopped(*service, signals);
  bool is_over = true;
  if (started && *started) is_over = co_await UntilSignalOrOutdated(*service, signals);
  co_await service->Stop();
  if (!started) co_return std::unexpected(started.error());
  co_return is_over;
}

async::Task<Result<void>> Serve(MakeService make, Runtime runtime) {
  Signals signals(co_await async::asio::this_coro::executor, SIGINT, SIGTERM);
  for (bool is_over = false; !is_over;) {
    TT_CO_ASSIGN_OR_RETURN(is_over, co_await ServeOnce(make, runtime, signals));
  }
  Log(Level::kInfo, "stopped");
  co_return Result<void>();
}

async::Task<void> ServeInto(MakeService make, Runtime runtime, Result<void>& served) {
  served = co_await Serve(std::move(make), runtime);
}

}  // namespace

MediaServer::Surroundings Runtime::ForMediaServer(async::Executor background,
                                                  const cluster::ClusterView& cluster) const {
  return {.log = log,
          .blocking = blocking,
          .blocking_queue_max = blocking_queue_max,
          .background = background,
          .cluster = cluster};
}

Result<void> RunUntilSignal(const telemetry::LogOptions& log_options, MakeService make) {
  std::signal(SIGPIPE, SIG_IGN);
  telemetry::LogSession log(log_options);
  async::BlockingPool blocking(kBlockingThreads, kBlockingQueueMax);
  async::IoPool io(std::max(1U, std::thread::hardware_concurrency()));
  const async::IoPool background_io(1);
  Result<void> served;
  async::BlockOn(background_io.executor(0),
                 ServeInto(std::move(make), {log, blocking, kBlockingQueueMax, io}, served));
  return served;
}

void TellAddress(const MediaServerSettings& settings, std::uint16_t port) {
  const std::string& host = settings.listen.host;
  const bool everywhere = host == "0.0.0.0" || host == "::";
  const config::SocketAddress shown{.host = everywhere ? "localhost" : host, .port = port};
  fmt::print("TritonTube is at http://{}\n", config::FormatSocketAddress(shown));
  std::fflush(stdout);
  if (!IsLoopback(host)) {
    Log(Level::kWarning,
        "anyone who can reach this address can upload and delete videos, because there are no "
        "accounts yet",
        {{"listen", config::FormatSocketAddress(settings.listen)}});
  }
  Log(Level::kInfo, "started",
      {{"version", TRITONTUBE_VERSION},
       {"listen", config::FormatSocketAddress({host, port})},
       {"data", settings.data.string()},
       {"workers", settings.workers}});
}

}  // namespace tritontube::app
