#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "domain/membership/node_record.h"

namespace tritontube::node_folder {

// What stands in node.json: all of the state but the topology.
std::string EncodeNodeState(const membership::NodeState& state);

// kDataLoss when it is not what EncodeNodeState wrote, kFailedPrecondition when a newer release
// did.
Result<membership::NodeState> DecodeNodeState(std::string_view text);

}  // namespace tritontube::node_folder
