#include "app/server_metrics.h"

#include <algorithm>
#include <iterator>

namespace tritontube::app {

namespace {

using telemetry::Sample;

double ToDouble(std::uint64_t number) { return static_cast<double>(number); }

template <typename Number>
Sample With(std::string_view label, std::string_view value, Number number) {
  return {.labels = {{std::string(label), std::string(value)}},
          .value = static_cast<double>(number)};
}

}  // namespace

ServerMetrics::ServerMetrics(const Sources& sources) : sources_(sources) {
  table_.AddGauges("tritontube_build_info", "1, with the version of the program",
                   [] { return std::vector<Sample>{With("version", TRITONTUBE_VERSION, 1)}; });
  sources_.http.AddTo(table_);
  AddStore();
  AddReplication();
  AddJobs();
  AddUploads();
  AddDelivery();
  AddExtras();
  AddGarbage();
  AddSearch();
  AddQueues();
}

async::Task<std::string> ServerMetrics::Scrape(Deadline deadline) {
  const Result<blob::StoreStatus> store = co_await sources_.engines.blobs.Status(deadline);
  const Result<ByteCount> garbage = co_await sources_.engines.garbage_bytes(deadline);
  const Result<jobs::JobsNow> jobs = co_await sources_.jobs.CountNow(deadline);
  {
    const std::lock_guard lock(mutex_);
    store_ = store ? std::optional(*store) : std::nullopt;
    garbage_bytes_ = garbage ? std::optional(*garbage) : std::nullopt;
    jobs_ = jobs ? std::optional(*jobs) : std::nullopt;
  }
  co_return table_.Text();
}

std::optional<blob::StoreStatus> ServerMetrics::store() const {
  const std::lock_guard lock(mutex_);
  return store_;
}

std::optional<jobs::JobsNow> ServerMetrics::jobs_now() const {
  const std::lock_guard lock(mutex_);
  return jobs_;
}

std::function<std::vector<Sample>()> ServerMetrics::OfStore(StatusReader read) const {
  return [this, read] {
    const std::optional<blob::StoreStatus> status = store();
    return status ? std::vector<Sample>{{.labels = {}, .value = read(*status)}}
                  : std::vector<Sample>{};
  };
}

void ServerMetrics::AddStore() {
  using blob::StoreStatus;
  table_.AddGauge("tritontube_store_up", "1 when the store answered this scrape",
                  [this] { return store() ? 1.0 : 0.0; });
  table_.AddGauges(
      "tritontube_store_bytes", "What the blobs take",
      OfStore([](const StoreStatus& status) { return ToDouble(status.stored_bytes); }));
  table_.AddGauges("tritontube_store_read_only", "1 while the disk is full and uploads are refused",
                   OfStore([](const StoreStatus& status) { return status.read_only ? 1.0 : 0.0; }));
  table_.AddCounters(
      "tritontube_store_corrupt_blobs_total", "Damaged blobs met since the start",
      OfStore([](const StoreStatus& status) { return ToDouble(status.corrupt_count); }));
  table_.AddGauges("tritontube_disk_free_bytes", "What the disk of the store still has",
                   OfStore([](const StoreStatus& status) { return ToDouble(status.free_bytes); }));
  table_.AddGauges(
      "tritontube_disk_capacity_bytes", "The size of the disk of the store",
      OfStore([](const StoreStatus& status) { return ToDouble(status.capacity_bytes); }));
  table_.AddGauges(
      "tritontube_disk_garbage_bytes", "What deleted videos still take of the disk", [this] {
        const std::lock_guard lock(mutex_);
        return garbage_bytes_
                   ? std::vector<Sample>{{.labels = {}, .value = ToDouble(*garbage_bytes_)}}
                   : std::vector<Sample>{};
      });
  table_.AddGauge("tritontube_disk_reserved_bytes", "What uploads and transcodes were promised",
                  [this] { return static_cast<double>(sources_.space.reserved_bytes()); });
  table_.AddGauge("tritontube_damaged_blobs", "Blobs that are known to be damaged or missing",
                  [this] { return static_cast<double>(sources_.damage.findings().size()); });
  table_.AddGauge("tritontube_damaged_metadata_rows",
                  "Rows of the metadata that are known to be damaged",
                  [this] { return static_cast<double>(sources_.damage.damaged_rows().size()); });
  table_.AddGauge("tritontube_scratch_reserved_bytes", "What files of running transcodes may take",
                  [this] { return static_cast<double>(sources_.scratch.reserved_bytes()); });
  table_.AddCounter("tritontube_leases_lost_total", "Leases that ended although they were renewed",
                    [this] { return static_cast<double>(sources_.lease.lost_count()); });
}

// None of them has a value where there is one store.
void ServerMetrics::AddReplication() {
  using replication::ClusterCounts;
  const auto of = [this](auto ClusterCounts::* count) {
    return [this, count] {
      const std::optional<ClusterCounts> counts = sources_.engines.replication();
      return counts ? std::vector<Sample>{{.labels = {},
                                           .value = static_cast<double>((*counts).*count)}}
                    : std::vector<Sample>{};
    };
  };
  table_.AddCounters("tritontube_replication_hedged_reads_total",
                     "Reads for which a second node was asked before the first had answered",
                     of(&ClusterCounts::hedged));
  table_.AddCounters("tritontube_replication_failovers_total",
                     "Reads for which another node was asked because one failed or was silent",
                     of(&ClusterCounts::failed_over));
  table_.AddCounters("tritontube_replication_epoch_retries_total",
                     "Calls that began again under another topology",
                     of(&ClusterCounts::retried_epochs));
  table_.AddCounters("tritontube_replication_repaired_copies_total",
                     "Copies brought to a node that lacked them or had them damaged",
                     of(&ClusterCounts::repaired));
  table_.AddCounters("tritontube_replication_forgotten_copies_total",
                     "Copies that are owed and were forgotten for lack of room",
                     of(&ClusterCounts::dropped));
  table_.AddCounters("tritontube_replication_conflicts_total",
                     "Blobs whose copies were not the same bytes", of(&ClusterCounts::conflicts));
  table_.AddGauges("tritontube_replication_owed_copies", "Copies that a node still has to get",
                   of(&ClusterCounts::owed));
  table_.AddGauges("tritontube_replication_suspect_nodes",
                   "Content nodes that are not asked because they did not answer",
                   of(&ClusterCounts::suspect_nodes));
}

void ServerMetrics::AddJobs() {
  table_.AddGauges("tritontube_jobs", "Transcodes at the moment, by state", [this] {
    const std::optional<jobs::JobsNow> now = jobs_now();
    return now ? std::vector<Sample>{With("state", "waiting", now->waiting),
                                     With("state", "running", now->running)}
               : std::vector<Sample>{};
  });
  table_.AddCounters("tritontube_jobs_total", "Transcodes that ended here, by outcome", [this] {
    const JobCounts counts = sources_.job_log.counts();
    return std::vector<Sample>{With("outcome", "done", counts.done),
                               With("outcome", "retried", counts.retried),
                               With("outcome", "failed", counts.failed)};
  });
  using upload::ResumableCounts;
  table_.AddCounters("tritontube_resumable_uploads_total", "Resumable uploads, by event", [this] {
    const ResumableCounts counts = sources_.resumable.counts();
    return std::vector<Sample>{
        With("event", "created", counts.created), With("event", "finished", counts.finished),
        With("event", "refused", counts.failed), With("event", "abandoned", counts.abandoned)};
  });
  table_.AddCounters("tritontube_upload_blobs_total",
                     "What resumable uploads have stored: parts as they came, pieces of parts, and "
                     "parts put together from pieces",
                     [this] {
                       const ResumableCounts counts = sources_.resumable.counts();
                       return std::vector<Sample>{
                           With("kind", "part", counts.parts_stored),
                           With("kind", "piece", counts.pieces_stored),
                           With("kind", "assembled", counts.parts_assembled)};
                     });
  table_.AddGauge("tritontube_upload_ranges_receiving",
                  "Requests that bring bytes of resumable uploads",
                  [this] { return static_cast<double>(sources_.resumable.counts().receiving); });
  table_.AddCounter("tritontube_ffmpeg_cpu_seconds_total", "CPU time of encodes that ended",
                    [this] { return sources_.job_log.counts().cpu_seconds; });
  table_.AddCounter("tritontube_ffmpeg_content_seconds_total", "Content that encodes have made",
                    [this] { return sources_.job_log.counts().content_seconds; });
  table_.AddGauge(
      "tritontube_ffmpeg_memory_peak_bytes", "Most memory that one encode took",
      [this] { return static_cast<double>(sources_.job_log.counts().memory_bytes_max); });
}

void ServerMetrics::AddUploads() {
  table_.AddCounters("tritontube_uploads_total", "Uploads that ended, by outcome", [this] {
    const upload::UploadCounts counts = sources_.upload.counts();
    return std::vector<Sample>{
        With("outcome", "finished", counts.finished), With("outcome", "refused", counts.refused),
        With("outcome", "broken_off", counts.broken_off), With("outcome", "failed", counts.failed)};
  });
}

void ServerMetrics::AddDelivery() {
  table_.AddCounters("tritontube_delivery_cache_requests_total",
                     "Segments asked of the cache in memory, by result", [this] {
                       const delivery::CacheCounts counts = sources_.delivery.cache_counts();
                       return std::vector<Sample>{With("result", "hit", counts.hits),
                                                  With("result", "miss", counts.misses)};
                     });
  table_.AddGauge("tritontube_delivery_cache_bytes", "What the cache in memory holds",
                  [this] { return static_cast<double>(sources_.delivery.cache_counts().bytes); });
}

void ServerMetrics::AddGarbage() {
  using garbage::CollectorCounts;
  const auto add = [this](std::string_view name, std::string_view help,
                          std::uint64_t CollectorCounts::* count) {
    table_.AddCounter(name, help, [this, count] {
      return static_cast<double>(sources_.collector.counts().*count);
    });
  };
  add("tritontube_garbage_passes_total", "Passes of the collector", &CollectorCounts::passes);
  add("tritontube_garbage_failed_passes_total", "Passes that an error ended",
      &CollectorCounts::failed_passes);
  add("tritontube_garbage_uploads_seen_total", "Uploads that were looked at",
      &CollectorCounts::uploads_seen);
  add("tritontube_garbage_uploads_removed_total", "Uploads that nothing named, erased",
      &CollectorCounts::uploads_removed);
  add("tritontube_garbage_videos_removed_total", "Videos whose upload was abandoned, erased",
      &CollectorCounts::videos_removed);
}

void ServerMetrics::AddExtras() {
  using extras::ExtrasCounts;
  const auto add = [this](std::string_view name, std::string_view help,
                          std::uint64_t ExtrasCounts::* count) {
    table_.AddCounter(
        name, help, [this, count] { return static_cast<double>(sources_.extras.counts().*count); });
  };
  add("tritontube_extras_storyboards_total", "Storyboards made", &ExtrasCounts::storyboards);
  add("tritontube_extras_captions_total", "Captions made of subtitles in files",
      &ExtrasCounts::captions);
  add("tritontube_extras_loudness_total", "Videos whose sound was measured",
      &ExtrasCounts::loudness);
  add("tritontube_extras_failures_total", "Extras that videos have to do without",
      &ExtrasCounts::failures);
}

void ServerMetrics::AddSearch() {
  table_.AddGauge("tritontube_search_up", "1 when the search index is filled",
                  [this] { return sources_.search.counts().filled ? 1.0 : 0.0; });
  table_.AddGauge("tritontube_search_revision", "The newest change that the search index has",
                  [this] { return static_cast<double>(sources_.search.counts().position); });
  using library::SearchCounts;
  const auto add = [this](std::string_view name, std::string_view help,
                          std::uint64_t SearchCounts::* count) {
    table_.AddCounter(
        name, help, [this, count] { return static_cast<double>(sources_.search.counts().*count); });
  };
  add("tritontube_search_rows_total", "Rows that went into the search index",
      &SearchCounts::rows_applied);
  add("tritontube_search_fills_total", "How often the search index was made from all rows",
      &SearchCounts::fills);
  add("tritontube_search_failures_total",
      "Times that the search index could not be kept up to date", &SearchCounts::failures);
}

void ServerMetrics::AddQueues() {
  // Every queue with its bound, so that one alarm fits all: depth / limit.
  const auto read = [this](std::size_t QueueLoad::* part) {
    return [this, part] {
      std::vector<NamedQueueLoad> all = sources_.engines.queues();
      all.push_back({"files", {sources_.blocking.pending(), sources_.blocking_queue_max}});
      all.push_back({"log", sources_.log.load()});
      all.push_back({"connections", {sources_.http.connection_count(), sources_.connections_max}});
      std::vector<Sample> samples;
      samples.reserve(all.size());
      for (const auto& [name, load] : all) samples.push_back(With("queue", name, load.*part));
      return samples;
    };
  };
  table_.AddGauges("tritontube_queue_depth", "What waits in a queue or is being worked on",
                   read(&QueueLoad::depth));
  table_.AddGauges("tritontube_queue_limit", "The depth at which a queue refuses more",
                   read(&QueueLoad::limit));
  table_.AddCounter("tritontube_log_lines_dropped_total",
                    "Lines given up because nobody read the log",
                    [this] { return static_cast<double>(sources_.log.dropped_count()); });
}

}  // namespace tritontube::app
