#pragma once

#include <chrono>
#include <functional>

#include "app/media_server.h"
#include "app/settings.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/sleep.h"
#include "foundation/telemetry/log.h"

namespace tritontube::app {

// What every part of a serving process runs on.
struct Runtime {
  telemetry::LogSession& log;
  async::BlockingPool& blocking;
  std::size_t blocking_queue_max;
  async::IoPool& io;

  MediaServer::Surroundings ForMediaServer(async::Executor background,
                                           const cluster::ClusterView& cluster) const;
};

// What a service that stops gives the last copies of what it has stored.
inline constexpr std::chrono::seconds kCopiesTime{1};

// Something that starts, serves until a signal comes, and stops.
class Service {
 public:
  virtual ~Service() = default;
  virtual async::Task<Result<void>> Start() = 0;
  // Returns when it is to be stopped and made anew, in this process.
  virtual async::Task<void> UntilOutdated() { co_await async::SleepUntil(Deadline::Never()); }
  // After Start(), whether it succeeded or not.
  virtual async::Task<void> Stop() = 0;
};

// Makes the service of this process, on the background thread. Opening stores may block: nothing
// else runs yet.
using MakeService = std::function<async::Task<Result<std::unique_ptr<Service>>>(Runtime runtime)>;

// Runs a service until SIGINT or SIGTERM. The error is why it could not serve.
Result<void> RunUntilSignal(const telemetry::LogOptions& log, MakeService make);

// Tells people and the log where the web server is.
void TellAddress(const MediaServerSettings& settings, std::uint16_t port);

}  // namespace tritontube::app
