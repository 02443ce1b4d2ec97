#include "app/node_metrics.h"

#include "app/shared_metrics.h"

namespace tritontube::app {

NodeMetrics::NodeMetrics(Sources sources) : sources_(std::move(sources)) {
  AddBuildRow(table_);
  AddStoreRows(table_, [this] { return store(); });
  AddNode();
  AddCalls();
}

async::Task<std::string> NodeMetrics::Scrape(Deadline deadline) {
  const Result<replication::NodeStatus> status = co_await sources_.node.Status(deadline);
  {
    const std::lock_guard lock(mutex_);
    store_ = status ? std::optional(status->store) : std::nullopt;
    slots_to_pull_ = 0;
    if (status && status->pulling) {
      slots_to_pull_ = status->pulling->slots - status->pulling->slots_done;
    }
  }
  co_return table_.Text();
}

std::optional<blob::StoreStatus> NodeMetrics::store() const {
  const std::lock_guard lock(mutex_);
  return store_;
}

void NodeMetrics::AddNode() {
  table_.AddGauge("tritontube_node_registered",
                  "1 when the cluster's etcd knows this start of the node",
                  [this] { return sources_.node.registered() ? 1.0 : 0.0; });
  table_.AddGauge("tritontube_node_incomplete",
                  "1 while this node may lack what the others believe it has",
                  [this] { return sources_.node.state()->incomplete ? 1.0 : 0.0; });
  table_.AddGauge("tritontube_node_epoch", "The newest topology that this node has recorded",
                  [this] { return static_cast<double>(sources_.node.state()->epoch); });
  table_.AddGauge("tritontube_node_slots_to_pull",
                  "Slots that this node still has to get from the others", [this] {
                    const std::lock_guard lock(mutex_);
                    return static_cast<double>(slots_to_pull_);
                  });
}

void NodeMetrics::AddCalls() {
  table_.AddCounter("tritontube_calls_refused_total",
                    "Calls refused because too many or too large ones were under way",
                    [this] { return static_cast<double>(sources_.server.load().refused); });
  const auto queues = [this] {
    const rpc::Server::Load load = sources_.server.load();
    std::vector<NamedQueueLoad> all = sources_.queues();
    all.push_back({"calls", load.calls});
    all.push_back({"call_bytes", load.bytes_in_flight});
    return all;
  };
  AddQueueRows(table_, queues, sources_.log);
}

}  // namespace tritontube::app
