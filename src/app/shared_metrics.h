#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "base/queue_load.h"
#include "core/blob/blob_store.h"
#include "foundation/telemetry/log.h"
#include "foundation/telemetry/metrics.h"

// Rows of GET /metrics that web servers and content nodes have alike. What the functions need
// outlives the table.
namespace tritontube::app {

// Scrapers give up after ten seconds and prefer something to nothing.
inline constexpr std::chrono::seconds kScrapeTime{2};

void AddBuildRow(telemetry::MetricTable& table);

// `status` gives what the store said at this scrape; nothing when it did not answer.
using StoreStatusReader = std::function<std::optional<blob::StoreStatus>()>;
void AddStoreRows(telemetry::MetricTable& table, const StoreStatusReader& status);

// Every queue with its bound, so that one alarm fits all: depth / limit.
void AddQueueRows(telemetry::MetricTable& table,
                  const std::function<std::vector<NamedQueueLoad>()>& queues,
                  const telemetry::LogSession& log);

// One sample with one label.
template <typename Number>
telemetry::Sample LabelledSample(std::string_view label, std::string_view value, Number number) {
  return {.labels = {{std::string(label), std::string(value)}},
          .value = static_cast<double>(number)};
}

}  // namespace tritontube::app
