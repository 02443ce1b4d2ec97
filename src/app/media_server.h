#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/ffmpeg/extra_tools.h"
#include "app/embedded_assets.h"
#include "app/engines.h"
#include "app/http_metrics.h"
#include "app/observers.h"
#include "app/server_metrics.h"
#include "app/settings.h"
#include "base/clock.h"
#include "base/random.h"
#include "core/coordination/lease_keeper.h"
#include "endpoints/http_api/api.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/task_group.h"
#include "foundation/telemetry/log.h"
#include "services/cluster/reporter.h"
#include "services/garbage/collector.h"
#include "services/space/space.h"
#include "services/transcode/workshop.h"
#include "services/verification/named_files.h"
#include "services/verification/scrubber.h"
#include "services/verification/verifier.h"
#include "transport/http/server.h"

namespace tritontube::app {

// The web server with its workers, whatever it stands on: its members are in the
// order in which they depend on each other, and are taken apart in the opposite
// order.
//
// Start() and Stop() run on the thread of `background`.
class MediaServer {
 public:
  // What it shares with the rest of the process; outlives it.
  struct Surroundings {
    const telemetry::LogSession& log;
    async::BlockingPool& blocking;
    std::size_t blocking_queue_max;
    async::Executor background;
    // What /api/v1/cluster tells.
    const cluster::ClusterView& cluster;
  };

  MediaServer(const MediaServerSettings& settings, Engines engines, LocalTools local,
              Surroundings surroundings);

  async::Task<Result<void>> Start(async::IoPool& http_io);
  async::Task<void> Stop();

  std::uint16_t port() const { return server_->port(); }
  const cluster::Reporter& reporter() const { return reporter_; }
  verification::NamedFiles& named_files() { return named_files_; }

 private:
  extras::ExtraStores Stores();
  http::Router BuildRouter();
  async::Task<std::string> Metrics();
  async::Task<std::optional<std::string>> UnreadyReason();

  const MediaServerSettings settings_;
  SystemClock clock_;
  SystemRandom random_;
  EmbeddedAssets assets_;
  RequestLog request_log_;
  HttpMetrics http_metrics_;
  ServerObservers observers_{{&request_log_, &http_metrics_}};
  JobLog job_log_;
  const Engines engines_;
  const LocalTools local_;
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
  verification::NamedFiles named_files_;
  verification::Scrubber scrubber_;
  ServerMetrics metrics_;
  const cluster::Reporter reporter_;
  transcode::Workshop workshop_;
  async::TaskGroup background_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace tritontube::app
