#include "app/server_metrics.h"

#include "app/shared_metrics.h"

namespace tritontube::app {

using telemetry::Sample;

ServerMetrics::ServerMetrics(const Sources& sources) : sources_(sources) {
  AddBuildRow(table_);
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

void ServerMetrics::AddStore() {
  AddStoreRows(table_, [this] { return store(); });
  table_.AddGauges(
      "tritontube_disk_garbage_bytes", "What deleted videos still take of the disk", [this] {
        const std::lock_guard lock(mutex_);
        return garbage_bytes_ ? std::vector<Sample>{{.labels = {},
                                                     .value = static_cast<double>(*garbage_bytes_)}}
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
    return now ? std::vector<Sample>{LabelledSample("state", "waiting", now->waiting),
                                     LabelledSample("state", "running", now->running)}
               : std::vector<Sample>{};
  });
  table_.AddCounters("tritontube_jobs_total", "Transcodes that ended here, by outcome", [this] {
    const JobCounts counts = sources_.job_log.counts();
    return std::vector<Sample>{LabelledSample("outcome", "done", counts.done),
                               LabelledSample("outcome", "retried", counts.retried),
                               LabelledSample("outcome", "failed", counts.failed)};
  });
  using upload::ResumableCounts;
  table_.AddCounters("tritontube_resumable_uploads_total", "Resumable uploads, by event", [this] {
    const ResumableCounts counts = sources_.resumable.counts();
    return std::vector<Sample>{LabelledSample("event", "created", counts.created),
                               LabelledSample("event", "finished", counts.finished),
                               LabelledSample("event", "refused", counts.failed),
                               LabelledSample("event", "abandoned", counts.abandoned)};
  });
  table_.AddCounters("tritontube_upload_blobs_total",
                     "What resumable uploads have stored: parts as they came, pieces of parts, and "
                     "parts put together from pieces",
                     [this] {
                       const ResumableCounts counts = sources_.resumable.counts();
                       return std::vector<Sample>{
                           LabelledSample("kind", "part", counts.parts_stored),
                           LabelledSample("kind", "piece", counts.pieces_stored),
                           LabelledSample("kind", "assembled", counts.parts_assembled)};
                     });
  table_.AddGauge("tritontube_upload_ranges_receiving",
                  "Requests that bring bytes of resumable uploads",
                  [this] { return static_cast<double>(sources_.resumable.counts().receiving); });
  table_.AddCounter("tritontube_chunks_made_total",
                    "Chunks of pictures that were made here, for videos of any server",
                    [this] { return sources_.job_log.counts().chunks; });
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
    return std::vector<Sample>{LabelledSample("outcome", "finished", counts.finished),
                               LabelledSample("outcome", "refused", counts.refused),
                               LabelledSample("outcome", "broken_off", counts.broken_off),
                               LabelledSample("outcome", "failed", counts.failed)};
  });
}

void ServerMetrics::AddDelivery() {
  table_.AddCounters("tritontube_delivery_cache_requests_total",
                     "Segments asked of the cache in memory, by result", [this] {
                       const delivery::CacheCounts counts = sources_.delivery.cache_counts();
                       return std::vector<Sample>{LabelledSample("result", "hit", counts.hits),
                                                  LabelledSample("result", "miss", counts.misses)};
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
  add("tritontube_extras_comparisons_total", "Videos whose renditions were compared with them",
      &ExtrasCounts::comparisons);
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
  const auto queues = [this] {
    std::vector<NamedQueueLoad> all = sources_.engines.queues();
    all.push_back({"files", {sources_.blocking.pending(), sources_.blocking_queue_max}});
    all.push_back({"connections", {sources_.http.connection_count(), sources_.connections_max}});
    return all;
  };
  AddQueueRows(table_, queues, sources_.log);
}

}  // namespace tritontube::app
