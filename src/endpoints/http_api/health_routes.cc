#include "endpoints/http_api/routes.h"
#include "foundation/telemetry/metrics.h"
#include "transport/http/problem.h"

namespace tritontube::http_api {

namespace {

async::Task<Result<http::Response>> GetHealth(http::Request& /*request*/) {
  co_return http::TextResponse(200, "text/plain; charset=utf-8", "ok\n");
}

async::Task<Result<http::Response>> GetReady(Health health, http::Request& /*request*/) {
  const std::optional<std::string> reason = co_await health.unready_reason();
  if (reason) co_return http::ProblemResponse(503, *reason);
  co_return http::TextResponse(200, "text/plain; charset=utf-8", "ready\n");
}

async::Task<Result<http::Response>> GetMetrics(Health health, http::Request& /*request*/) {
  co_return http::TextResponse(200, telemetry::kMetricsContentType, co_await health.metrics_text());
}

}  // namespace

void AddHealthRoutes(http::Router& router, const Health& health) {
  router.Add(http::Method::kGet, "/healthz", GetHealth);
  router.Add(http::Method::kGet, "/readyz",
             [health](http::Request& request) { return GetReady(health, request); });
  router.Add(http::Method::kGet, "/metrics",
             [health](http::Request& request) { return GetMetrics(health, request); });
}

}  // namespace tritontube::http_api
