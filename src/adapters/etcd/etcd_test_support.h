#pragma once

#include <memory>
#include <string>

#include "adapters/etcd/etcd_coordination.h"
#include "support/etcd_cluster.h"

namespace tritontube::etcd {

// The cluster of this program, which begins with the first test that asks for it.
support::EtcdCluster& SharedCluster();

// Opened under a prefix that no other test has.
std::unique_ptr<EtcdCoordination> OpenFresh();

// Makes the members forget everything before now.
async::Task<void> Compact(coordination::Coordination& engine);

}  // namespace tritontube::etcd
