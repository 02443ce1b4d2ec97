#pragma once

#include <nlohmann/json.hpp>

#include "domain/jobs/job_queue.h"
#include "services/cluster/cluster_view.h"

namespace tritontube::cluster {

// Makes the one document that tells how the cluster is. Safe to use from any thread.
class Reporter {
 public:
  // All of them outlive this.
  Reporter(const ClusterView& view, blob::BlobStore& store, jobs::JobQueue& jobs,
           coordination::Coordination& coordination)
      : view_(view), store_(store), jobs_(jobs), coordination_(coordination) {}

  // What could not be found out in time is null in it. Errors: those of ClusterView.
  async::Task<Result<nlohmann::json>> Report(Deadline deadline) const;

 private:
  const ClusterView& view_;
  blob::BlobStore& store_;
  jobs::JobQueue& jobs_;
  coordination::Coordination& coordination_;
};

}  // namespace tritontube::cluster
