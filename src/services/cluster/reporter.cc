#include "services/cluster/reporter.h"

#include "domain/chunks/worker_row.h"
#include "services/cluster/cluster_json.h"

namespace tritontube::cluster {

namespace {

using Json = nlohmann::json;

Json ToJson(const std::vector<chunks::WorkerRow>& workers) {
  Json json = Json::array();
  for (const chunks::WorkerRow& worker : workers) {
    Json doing = Json::array();
    for (const chunks::Doing& one : worker.doing) {
      const bool is_chunk = one.work == chunks::Work::kPictures;
      doing.push_back({{"video", one.video.text()},
                       {"work", chunks::ToString(one.work)},
                       {"chunk", is_chunk ? Json(one.chunk + 1) : Json(nullptr)},
                       {"fraction", is_chunk ? Json(one.fraction) : Json(nullptr)}});
    }
    json.push_back({{"name", worker.name}, {"slots", worker.slots}, {"doing", std::move(doing)}});
  }
  return json;
}

}  // namespace

async::Task<Result<Json>> Reporter::Report(Deadline deadline) const {
  TT_CO_ASSIGN_OR_RETURN(const ClusterStatus status, co_await view_.Look(deadline));
  Json report = ToJson(status);
  const Result<jobs::JobsNow> jobs = co_await jobs_.CountNow(deadline);
  report["jobs"] =
      jobs ? Json{{"waiting", jobs->waiting}, {"running", jobs->running}} : Json(nullptr);
  const auto workers = co_await chunks::WorkersNow(coordination_, deadline);
  report["workers"] = workers ? ToJson(*workers) : Json(nullptr);
  const Result<blob::StoreStatus> space = co_await store_.Status(deadline);
  report["space"] = space ? Json{{"stored_bytes", space->stored_bytes},
                                 {"free_bytes", space->free_bytes},
                                 {"capacity_bytes", space->capacity_bytes}}
                          : Json(nullptr);
  co_return report;
}

}  // namespace tritontube::cluster
