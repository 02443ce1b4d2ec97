#include <nlohmann/json.hpp>

#include "endpoints/http_api/routes.h"

namespace tritontube::http_api {

namespace {

async::Task<Result<http::Response>> GetCluster(Services services, http::Request& /*request*/) {
  TT_CO_ASSIGN_OR_RETURN(const nlohmann::json report,
                         co_await services.cluster.Report(RequestDeadline()));
  co_return JsonResponse(200, report);
}

}  // namespace

void AddClusterRoute(http::Router& router, const Services& services) {
  router.Add(http::Method::kGet, "/api/v1/cluster", With(services, GetCluster));
}

}  // namespace tritontube::http_api
