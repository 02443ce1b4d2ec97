#include "endpoints/http_api/routes.h"
#include "foundation/telemetry/metrics.h"
#include "transport/http/problem.h"

namespace tritontube::http_api {

namespace {

async::Task<Result<http::Response>> GetHealth(http::Request& /*request*/) {
  co_return http::TextResponse(200, "text/plain; charset=utf-8", "ok\n");
}

async::Task<Result<http::Response>> GetReady(Services services, http::Request& /*request*/) {
  const std::optional<std::string> reason = co_await services.unready_reason();
  if (reason) co_return http::ProblemResponse(503, *reason);
  co_return http::TextResponse(200, "text/plain; charset=utf-8", "ready\n");
}

async::Task<Result<http::Response>> GetMetrics(Services services, http::Request& /*request*/) {
  co_return http::TextResponse(200, telemetry::kMetricsContentType,
                               co_await services.metrics_text());
}

}  // namespace

void AddHealthRoutes(http::Router& router, const Services& services) {
  router.Add(http::Method::kGet, "/healthz", GetHealth);
  router.Add(http::Method::kGet, "/readyz",
             [services](http::Request& request) { return GetReady(services, request); });
  router.Add(http::Method::kGet, "/metrics",
             [services](http::Request& request) { return GetMetrics(services, request); });
}

}  // namespace tritontube::http_api
