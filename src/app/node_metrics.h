#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/queue_load.h"
#include "foundation/telemetry/log.h"
#include "foundation/telemetry/metrics.h"
#include "services/storage_node/storage_node.h"
#include "transport/rpc/server.h"

namespace tritontube::app {

// The table of what GET /metrics tells of a content node; docs/operations.md has the same rows.
//
// Safe to use from any thread.
class NodeMetrics {
 public:
  // What is measured; outlives this.
  struct Sources {
    storage_node::StorageNode& node;
    const rpc::Server& server;
    std::function<std::vector<NamedQueueLoad>()> queues;  // Of the store and of this process.
    const telemetry::LogSession& log;
  };

  explicit NodeMetrics(Sources sources);
  NodeMetrics(const NodeMetrics&) = delete;
  NodeMetrics& operator=(const NodeMetrics&) = delete;

  // One scrape. What cannot be asked in time is left out.
  async::Task<std::string> Scrape(Deadline deadline);

  std::vector<std::string> names() const { return table_.names(); }

 private:
  void AddNode();
  void AddUpkeep();
  void AddCalls();

  std::optional<blob::StoreStatus> store() const;

  const Sources sources_;
  telemetry::MetricTable table_;
  mutable std::mutex mutex_;
  // As they were at the last scrape.
  std::optional<blob::StoreStatus> store_;
  std::size_t slots_to_pull_ = 0;
  replication::Upkeep upkeep_ = {};
};

}  // namespace tritontube::app
