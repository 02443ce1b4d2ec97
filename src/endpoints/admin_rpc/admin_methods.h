#pragma once

#include "domain/topology/topology_store.h"
#include "services/cluster/reporter.h"
#include "transport/rpc/server.h"

namespace tritontube::admin_rpc {

inline constexpr std::string_view kListNodes = "/tritontube.VideoContentAdminService/ListNodes";
inline constexpr std::string_view kStatus = "/tritontube.v1.ClusterAdmin/Status";

// The methods of an admin listener. Both outlive them.
rpc::Methods AdminMethods(const topology::TopologyStore& topology,
                          const cluster::Reporter& reporter);

}  // namespace tritontube::admin_rpc
