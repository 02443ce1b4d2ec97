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

std::string_view ToString(topology::Standing standing) {
  switch (standing) {
    case topology::Standing::kMember:
      return "member";
    case topology::Standing::kJoining:
      return "joining";
    case topology::Standing::kLeaving:
      return "leaving";
  }
  return "";
}

Json StoreNumber(const std::optional<blob::StoreStatus>& store,
                 ByteCount blob::StoreStatus::* number) {
  return store ? Json((*store).*number) : Json(nullptr);
}

Json PullingJson(const std::optional<replication::PullProgress>& pulling) {
  if (!pulling) return nullptr;
  return {{"slots", pulling->slots},
          {"slots_done", pulling->slots_done},
          {"files", pulling->moved.files},
          {"bytes", pulling->moved.bytes}};
}

Json TimeJson(const std::optional<WallTime>& time) {
  return time ? Json(FormatRfc3339(*time)) : Json(nullptr);
}

Json UpkeepJson(const std::optional<replication::Upkeep>& upkeep) {
  if (!upkeep) return nullptr;
  return {{"asked", upkeep->asked},
          {"scrubbed_for", upkeep->scrubbed_for},
          {"compared_for", upkeep->compared_for},
          {"scrub_began_at", TimeJson(upkeep->scrub_began)},
          {"scrub_bytes", upkeep->scrub_bytes},
          {"scrub_bytes_all", upkeep->scrub_bytes_all},
          {"scrub_ended_at", TimeJson(upkeep->scrub_ended)},
          {"healed_blobs", upkeep->healed},
          {"compared_at", TimeJson(upkeep->compared)},
          {"differing_slots", upkeep->differing_slots},
          {"lacking_slots", upkeep->lacking_slots},
          {"caught_up_blobs", upkeep->caught_up.files},
          {"caught_up_bytes", upkeep->caught_up.bytes}};
}

// What is damaged now; of the store within a server, what was met since its start.
Json DamagedOf(const NodeView& node) {
  if (node.upkeep) return node.upkeep->damaged;
  return StoreNumber(node.store, &blob::StoreStatus::corrupt_count);
}

Json HealthJson(const ClusterStatus& status) {
  const Health health = HealthOf(status);
  return {{"state", ToString(health.state)},
          {"reasons", health.reasons},
          {"slots_short_of_copies", status.slot_counts.short_of_copies},
          {"slots_read_only", status.slot_counts.read_only},
          {"slots_unreadable", status.slot_counts.unreadable}};
}

// Null while nothing moves.
Json PlanJson(const std::optional<ChangeView>& change) {
  if (!change) return nullptr;
  Json phase = "waiting";
  if (change->phase) {
    phase = *change->phase == topology::Phase::kWriteBoth ? "copying" : "finishing";
  }
  return {{"change", change->change.asked},
          {"phase", std::move(phase)},
          {"progress", change->plan_progress},
          {"files", change->moved.files},
          {"bytes", change->moved.bytes},
          {"plan_bytes", change->plan_moved.bytes},
          {"plan_bytes_expected", change->plan_bytes}};
}

Json PastJson(const topology::PastChange& past) {
  return {{"change", past.asked},
          {"outcome", past.aborted ? "aborted" : "done"},
          {"files", past.moved.files},
          {"bytes", past.moved.bytes},
          {"reason", past.reason.empty() ? Json(nullptr) : Json(past.reason)}};
}

Json GivenUpJson(const topology::GivenUp& node) {
  return {{"id", node.id.text()}, {"address", node.address}, {"times", node.times}};
}

Json NodeJson(const NodeView& node) {
  return {{"id", node.id ? Json(node.id->text()) : Json(nullptr)},
          {"address", node.address},
          {"zone", node.zone},
          {"standing", ToString(node.standing)},
          {"state", ToString(node.state)},
          {"reason", node.reason.empty() ? Json(nullptr) : Json(node.reason)},
          {"slots", node.slots},
          {"pulling", PullingJson(node.pulling)},
          {"stored_bytes", StoreNumber(node.store, &blob::StoreStatus::stored_bytes)},
          {"free_bytes", StoreNumber(node.store, &blob::StoreStatus::free_bytes)},
          {"capacity_bytes", StoreNumber(node.store, &blob::StoreStatus::capacity_bytes)},
          {"damaged_blobs", DamagedOf(node)},
          {"upkeep", UpkeepJson(node.upkeep)},
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
  Json past = Json::array();
  for (const topology::PastChange& change : status.past) past.push_back(PastJson(change));
  Json given_up = Json::array();
  for (const topology::GivenUp& node : status.given_up) given_up.push_back(GivenUpJson(node));
  return {{"id", status.cluster ? Json(status.cluster->text()) : Json(nullptr)},
          {"health", HealthJson(status)},
          {"epoch", status.epoch},
          {"copies", status.replication.copies},
          {"acks", status.replication.acks},
          {"slots", placement::kSlotCount},
          {"balance", status.balance},
          {"plan", PlanJson(status.change)},
          {"past_changes", std::move(past)},
          {"given_up", std::move(given_up)},
          {"zones", ZonesJson(status.nodes)},
          {"nodes", std::move(nodes)}};
}

}  // namespace tritontube::cluster
