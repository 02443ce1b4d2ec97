#pragma once

#include <set>

#include "base/ids.h"
#include "core/coordination/coordination.h"

namespace tritontube::cluster {

// The content nodes that show signs of life: hints. Errors: those of Coordination.
async::Task<Result<std::set<NodeId>>> LivesNow(coordination::Coordination& coordination,
                                               Deadline deadline);

}  // namespace tritontube::cluster
