#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "services/cluster/cluster_view.h"

namespace tritontube::cluster {

// The cluster's state as the page, the API and the admin command show it, so that they cannot
// disagree: `Cluster` in openapi.json, of which Reporter adds jobs and space.
nlohmann::json ToJson(const ClusterStatus& status);

// The same for a terminal: a line for the cluster and one for each node. kInvalidArgument for
// what is no such document.
Result<std::string> TextOf(std::string_view document);
// One line about the member "plan" of that document; empty when nothing moves.
std::string PlanLine(const nlohmann::json& plan);

// On one line; what is no UTF-8 is replaced.
std::string Serialized(const nlohmann::json& json);

// Of an object that another process wrote, which may lack anything: printable, or empty; and a
// number, or 0; a count is a whole one.
std::string WordOf(const nlohmann::json& object, const char* field);
double NumberOf(const nlohmann::json& object, const char* field);
std::uint64_t CountOf(const nlohmann::json& object, const char* field);

}  // namespace tritontube::cluster
