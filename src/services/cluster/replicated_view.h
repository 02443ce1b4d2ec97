#pragma once

#include "domain/replication/node_client.h"
#include "domain/topology/topology_store.h"
#include "services/cluster/cluster_view.h"

namespace tritontube::cluster {

// The content nodes of a cluster, each asked itself.
class ReplicatedView final : public ClusterView {
 public:
  // Both outlive this.
  ReplicatedView(const topology::TopologyStore& topology, replication::NodeClient& nodes)
      : topology_(topology), nodes_(nodes) {}

  async::Task<Result<ClusterStatus>> Look(Deadline deadline) const override;

 private:
  async::Task<void> Ask(const topology::Topology& topology, NodeView& node,
                        Deadline deadline) const;

  const topology::TopologyStore& topology_;
  replication::NodeClient& nodes_;
};

}  // namespace tritontube::cluster
