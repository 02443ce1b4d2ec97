#pragma once

#include "domain/topology/topology_store.h"
#include "services/cluster/administration.h"
#include "services/cluster/reporter.h"
#include "services/verification/named_files.h"
#include "transport/rpc/server.h"

namespace tritontube::admin_rpc {

inline constexpr std::string_view kListNodes = "/tritontube.VideoContentAdminService/ListNodes";
inline constexpr std::string_view kAddNode = "/tritontube.VideoContentAdminService/AddNode";
inline constexpr std::string_view kRemoveNode = "/tritontube.VideoContentAdminService/RemoveNode";
inline constexpr std::string_view kChange = "/tritontube.v1.ClusterAdmin/Change";
inline constexpr std::string_view kEstimate = "/tritontube.v1.ClusterAdmin/Estimate";
inline constexpr std::string_view kAbort = "/tritontube.v1.ClusterAdmin/Abort";
inline constexpr std::string_view kUpkeep = "/tritontube.v1.ClusterAdmin/Upkeep";
inline constexpr std::string_view kCheckNamed = "/tritontube.v1.ClusterAdmin/CheckNamed";
inline constexpr std::string_view kStatus = "/tritontube.v1.ClusterAdmin/Status";

// For how long a change waits for others to end when nothing is said.
inline constexpr std::chrono::milliseconds kWaitDefault = std::chrono::minutes(10);

// The methods of an admin listener. All of them outlive these. AddNode and RemoveNode answer when
// the change is over.
rpc::Methods AdminMethods(const topology::TopologyStore& topology,
                          const cluster::Reporter& reporter,
                          cluster::Administration& administration,
                          verification::NamedFiles& named_files);

}  // namespace tritontube::admin_rpc
