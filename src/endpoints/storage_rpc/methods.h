#pragma once

#include <string>

#include "services/storage_node/storage_node.h"
#include "transport/rpc/server.h"

namespace tritontube::storage_rpc {

// The service tritontube.v1.Storage, as answered by `node`, which outlives the server. `version` is
// told with the status.
rpc::Methods StorageMethods(storage_node::StorageNode& node, std::string version);

}  // namespace tritontube::storage_rpc
