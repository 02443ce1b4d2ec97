#include "app/node_metrics.h"

#include "app/shared_metrics.h"

namespace tritontube::app {

namespace {

double SecondsOf(const std::optional<WallTime>& time) {
  if (!time) return 0;
  return std::chrono::duration<double>(time->time_since_epoch()).count();
}

}  // namespace

NodeMetrics::NodeMetrics(Sources sources) : sources_(std::move(sources)) {
  AddBuildRow(table_);
  AddStoreRows(table_, [this] { return store(); });
  AddNode();
  AddUpkeep();
  AddCalls();
}

async::Task<std::string> NodeMetrics::Scrape(Deadline deadline) {
  const Result<replication::NodeStatus> status = co_await sources_.node.Status(deadline);
  {
    const std::lock_guard lock(mutex_);
    store_ = status ? std::optional(status->store) : std::nullopt;
    upkeep_ = status ? status->upkeep : replication::Upkeep();
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

void NodeMetrics::AddUpkeep() {
  const auto value = [this](auto of) {
    return [this, of] {
      const std::lock_guard lock(mutex_);
      return static_cast<double>(of(upkeep_));
    };
  };
  using replication::Upkeep;
  table_.AddGauge("tritontube_node_damaged_blobs",
                  "Blobs that are known to be damaged here and that no other node could give yet",
                  value([](const Upkeep& upkeep) { return upkeep.damaged; }));
  table_.AddCounter("tritontube_node_healed_blobs_total",
                    "Damaged blobs that were brought back from other nodes",
                    value([](const Upkeep& upkeep) { return upkeep.healed; }));
  table_.AddCounter("tritontube_node_caught_up_blobs_total",
                    "Blobs that this node had missed and has got from others",
                    value([](const Upkeep& upkeep) { return upkeep.caught_up.files; }));
  table_.AddGauge("tritontube_node_differing_slots",
                  "Slots that were not the same as on another node at the last comparison",
                  value([](const Upkeep& upkeep) { return upkeep.differing_slots; }));
  table_.AddGauge("tritontube_node_lacking_slots",
                  "Slots of which not all that others have could be fetched at the last comparison",
                  value([](const Upkeep& upkeep) { return upkeep.lacking_slots; }));
  table_.AddGauge("tritontube_node_compared_timestamp_seconds",
                  "When this node last compared what it has with the others; 0 is never",
                  value([](const Upkeep& upkeep) { return SecondsOf(upkeep.compared); }));
  table_.AddGauge("tritontube_node_scrubbed_timestamp_seconds",
                  "When every byte that is stored here had last been verified; 0 is never",
                  value([](const Upkeep& upkeep) { return SecondsOf(upkeep.scrub_ended); }));
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
