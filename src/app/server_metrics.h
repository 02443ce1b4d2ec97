#pragma once

#include <functional>
#include <mutex>
#include <optional>

#include "app/engines.h"
#include "app/http_metrics.h"
#include "app/observers.h"
#include "core/coordination/lease_keeper.h"
#include "domain/jobs/job_queue.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/telemetry/log.h"
#include "foundation/telemetry/metrics.h"
#include "services/delivery/delivery.h"
#include "services/extras/extras_maker.h"
#include "services/garbage/collector.h"
#include "services/library/search.h"
#include "services/scratch/scratch_space.h"
#include "services/space/space.h"
#include "services/upload/resumable_uploads.h"
#include "services/upload/upload_service.h"
#include "services/verification/damage_log.h"

namespace tritontube::app {

// The table of what GET /metrics tells of a web server. A new metric is a
// row in one of the Add functions of server_metrics.cc, and one in
// docs/operations.md, which a test compares.
//
// Safe to use from any thread.
class ServerMetrics {
 public:
  // What is measured; outlives this.
  struct Sources {
    const HttpMetrics& http;
    std::size_t connections_max;
    const JobLog& job_log;
    jobs::JobQueue& jobs;
    const Engines& engines;
    const coordination::LeaseKeeper& lease;
    const upload::UploadService& upload;
    const upload::ResumableUploads& resumable;
    const delivery::Delivery& delivery;
    const garbage::Collector& collector;
    const extras::ExtrasMaker& extras;
    const library::Search& search;
    const scratch::ScratchSpace& scratch;
    const space::Space& space;
    const verification::DamageLog& damage;
    const async::BlockingPool& blocking;
    std::size_t blocking_queue_max;
    const telemetry::LogSession& log;
  };

  explicit ServerMetrics(const Sources& sources);
  ServerMetrics(const ServerMetrics&) = delete;
  ServerMetrics& operator=(const ServerMetrics&) = delete;

  // One scrape. What cannot be asked in time is left out.
  async::Task<std::string> Scrape(Deadline deadline);

  std::vector<std::string> names() const { return table_.names(); }

 private:
  void AddStore();
  void AddReplication();
  void AddJobs();
  void AddUploads();
  void AddDelivery();
  void AddExtras();
  void AddGarbage();
  void AddSearch();
  void AddQueues();

  // What has to be waited for, as it was at the last scrape.
  std::optional<blob::StoreStatus> store() const;
  std::optional<jobs::JobsNow> jobs_now() const;

  const Sources sources_;
  telemetry::MetricTable table_;
  mutable std::mutex mutex_;
  std::optional<blob::StoreStatus> store_;
  std::optional<ByteCount> garbage_bytes_;
  std::optional<jobs::JobsNow> jobs_;
};

}  // namespace tritontube::app
