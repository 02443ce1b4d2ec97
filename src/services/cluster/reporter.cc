#include "services/cluster/reporter.h"

#include "services/cluster/cluster_json.h"

namespace tritontube::cluster {

using Json = nlohmann::json;

async::Task<Result<Json>> Reporter::Report(Deadline deadline) const {
  TT_CO_ASSIGN_OR_RETURN(const ClusterStatus status, co_await view_.Look(deadline));
  Json report = ToJson(status);
  const Result<jobs::JobsNow> jobs = co_await jobs_.CountNow(deadline);
  report["jobs"] =
      jobs ? Json{{"waiting", jobs->waiting}, {"running", jobs->running}} : Json(nullptr);
  const Result<blob::StoreStatus> space = co_await store_.Status(deadline);
  report["space"] = space ? Json{{"stored_bytes", space->stored_bytes},
                                 {"free_bytes", space->free_bytes},
                                 {"capacity_bytes", space->capacity_bytes}}
                          : Json(nullptr);
  co_return report;
}

}  // namespace tritontube::cluster
