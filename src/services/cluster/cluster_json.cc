#include "services/cluster/cluster_json.h"

#include <map>

namespace tritontube::cluster {

namespace {

using Json = nlohmann::json;

std::string_view ToString(NodeView::State state) {
  switch (state) {
    case NodeView::State::kUp:
      return "up";
    case NodeView::State::kIncomplete:
      return "incomplete";
    case NodeView::State::kDown:
      return "down";
  }
  return "";
}

Json NumberOf(const std::optional<blob::StoreStatus>& store,
              ByteCount blob::StoreStatus::* number) {
  return store ? Json((*store).*number) : Json(nullptr);
}

Json NodeJson(const NodeView& node) {
  return {{"id", node.id ? Json(node.id->text()) : Json(nullptr)},
          {"address", node.address},
          {"zone", node.zone},
          {"state", ToString(node.state)},
          {"reason", node.reason.empty() ? Json(nullptr) : Json(node.reason)},
          {"slots", node.slots},
          {"stored_bytes", NumberOf(node.store, &blob::StoreStatus::stored_bytes)},
          {"free_bytes", NumberOf(node.store, &blob::StoreStatus::free_bytes)},
          {"capacity_bytes", NumberOf(node.store, &blob::StoreStatus::capacity_bytes)},
          {"damaged_blobs", NumberOf(node.store, &blob::StoreStatus::corrupt_count)},
          {"read_only", node.store && node.store->read_only}};
}

Json ZonesJson(const std::vector<NodeView>& nodes) {
  std::map<std::string, std::size_t> zones;
  for (const NodeView& node : nodes) ++zones[node.zone];
  Json json = Json::array();
  for (const auto& [name, count] : zones) json.push_back({{"name", name}, {"nodes", count}});
  return json;
}

}  // namespace

Json ToJson(const ClusterStatus& status) {
  Json nodes = Json::array();
  for (const NodeView& node : status.nodes) nodes.push_back(NodeJson(node));
  return {{"id", status.cluster ? Json(status.cluster->text()) : Json(nullptr)},
          {"epoch", status.epoch},
          {"copies", status.replication.copies},
          {"acks", status.replication.acks},
          {"slots", placement::kSlotCount},
          {"balance", status.balance},
          {"plan", nullptr},
          {"zones", ZonesJson(status.nodes)},
          {"nodes", std::move(nodes)}};
}

}  // namespace tritontube::cluster
