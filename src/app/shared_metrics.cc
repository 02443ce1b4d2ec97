#include "app/shared_metrics.h"

namespace tritontube::app {

using blob::StoreStatus;
using telemetry::MetricTable;
using telemetry::Sample;

namespace {

double ToDouble(std::uint64_t number) { return static_cast<double>(number); }

}  // namespace

void AddBuildRow(MetricTable& table) {
  table.AddGauges("tritontube_build_info", "1, with the version of the program", [] {
    return std::vector<Sample>{LabelledSample("version", TRITONTUBE_VERSION, 1)};
  });
}

void AddStoreRows(MetricTable& table, const StoreStatusReader& status) {
  const auto of = [&status](double (*read)(const StoreStatus&)) {
    return [status, read] {
      const std::optional<StoreStatus> now = status();
      return now ? std::vector<Sample>{{.labels = {}, .value = read(*now)}} : std::vector<Sample>{};
    };
  };
  table.AddGauge("tritontube_store_up", "1 when the store answered this scrape",
                 [status] { return status() ? 1.0 : 0.0; });
  table.AddGauges("tritontube_store_bytes", "What the blobs take",
                  of([](const StoreStatus& now) { return ToDouble(now.stored_bytes); }));
  table.AddGauges("tritontube_store_read_only", "1 while the disk is full and uploads are refused",
                  of([](const StoreStatus& now) { return now.read_only ? 1.0 : 0.0; }));
  table.AddCounters("tritontube_store_corrupt_blobs_total", "Damaged blobs met since the start",
                    of([](const StoreStatus& now) { return ToDouble(now.corrupt_count); }));
  table.AddGauges("tritontube_disk_free_bytes", "What the disk of the store still has",
                  of([](const StoreStatus& now) { return ToDouble(now.free_bytes); }));
  table.AddGauges("tritontube_disk_capacity_bytes",
                  "What is used of the disk of the store, and free",
                  of([](const StoreStatus& now) { return ToDouble(now.capacity_bytes); }));
}

void AddQueueRows(MetricTable& table, const std::function<std::vector<NamedQueueLoad>()>& queues,
                  const telemetry::LogSession& log) {
  const auto read = [&queues, &log](std::size_t QueueLoad::* part) {
    return [queues, &log, part] {
      std::vector<NamedQueueLoad> all = queues();
      all.push_back({"log", log.load()});
      std::vector<Sample> samples;
      samples.reserve(all.size());
      for (const auto& [name, load] : all) {
        samples.push_back(LabelledSample("queue", name, load.*part));
      }
      return samples;
    };
  };
  table.AddGauges("tritontube_queue_depth", "What waits in a queue or is being worked on",
                  read(&QueueLoad::depth));
  table.AddGauges("tritontube_queue_limit", "The depth at which a queue refuses more",
                  read(&QueueLoad::limit));
  table.AddCounter("tritontube_log_lines_dropped_total",
                   "Lines given up because nobody read the log",
                   [&log] { return static_cast<double>(log.dropped_count()); });
}

}  // namespace tritontube::app
