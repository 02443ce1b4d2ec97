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
// One line about the member "plan" of that document; empty when nothing moves.
std::string PlanLine(const nlohmann::json& plan);
Result<std::string> TextOf(std::string_view document);

}  // namespace tritontube::cluster
