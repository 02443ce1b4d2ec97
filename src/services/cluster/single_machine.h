#pragma once

#include "services/cluster/cluster_view.h"

namespace tritontube::cluster {

// The store within a server, seen as a cluster of one.
class SingleMachine final : public ClusterView {
 public:
  // `store` outlives this.
  explicit SingleMachine(blob::BlobStore& store) : store_(store) {}

  async::Task<Result<ClusterStatus>> Look(Deadline deadline) const override;

 private:
  blob::BlobStore& store_;
};

}  // namespace tritontube::cluster
