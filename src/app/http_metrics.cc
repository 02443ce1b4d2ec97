#include "app/http_metrics.h"

#include <algorithm>

namespace tritontube::app {

namespace {

using telemetry::Sample;

// What clients write is theirs to choose; what is counted is not.
std::string_view MethodLabel(std::string_view method) {
  constexpr auto kKnown =
      std::to_array<std::string_view>({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"});
  const auto* const found = std::ranges::find(kKnown, method);
  return found == kKnown.end() ? "other" : *found;
}

}  // namespace

HttpMetrics::Shard& HttpMetrics::ShardOfThisThread() {
  static std::atomic<std::size_t> next = 0;
  thread_local const std::size_t kMine = next++ % kShardCount;
  return shards_[kMine];
}

HttpMetrics::Route& HttpMetrics::RouteOf(Routes& routes, std::string_view pattern) {
  const std::string_view name = pattern.empty() ? "none" : pattern;
  const auto found = routes.find(name);
  return found != routes.end() ? found->second : routes[std::string(name)];
}

void HttpMetrics::OnBegin(std::string_view pattern) {
  Shard& shard = ShardOfThisThread();
  const std::lock_guard lock(shard.mutex);
  ++RouteOf(shard.routes, pattern).begun;
}

void HttpMetrics::OnRequest(const http::RequestRecord& record) {
  const double seconds = std::chrono::duration<double>(record.duration).count();
  const auto bucket = std::ranges::lower_bound(kBounds, seconds) - kBounds.begin();
  Shard& shard = ShardOfThisThread();
  const std::lock_guard lock(shard.mutex);
  Route& route = RouteOf(shard.routes, record.pattern);
  ++route.requests[{MethodLabel(record.method), record.status}];
  ++route.times[static_cast<std::size_t>(bucket)];
  ++route.ended;
  route.seconds += seconds;
  route.bytes_in += record.body_bytes_in;
  route.bytes_out += record.body_bytes_out;
}

HttpMetrics::Routes HttpMetrics::Sum() const {
  Routes sum;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const auto& [pattern, counted] : shard.routes) {
      Route& route = sum[pattern];
      for (const auto& [key, count] : counted.requests) route.requests[key] += count;
      for (std::size_t i = 0; i < counted.times.size(); ++i) route.times[i] += counted.times[i];
      route.seconds += counted.seconds;
      route.begun += counted.begun;
      route.ended += counted.ended;
      route.bytes_in += counted.bytes_in;
      route.bytes_out += counted.bytes_out;
    }
  }
  return sum;
}

std::vector<Sample> HttpMetrics::Each(double (*read)(const Route&)) const {
  std::vector<Sample> samples;
  for (const auto& [pattern, route] : Sum()) {
    samples.push_back({.labels = {{"route", pattern}}, .value = read(route)});
  }
  return samples;
}

std::vector<Sample> HttpMetrics::Requests() const {
  std::vector<Sample> samples;
  for (const auto& [pattern, route] : Sum()) {
    for (const auto& [key, count] : route.requests) {
      const auto& [method, status] = key;
      samples.push_back({.labels = {{"route", pattern},
                                    {"method", std::string(method)},
                                    {"status", fmt::format("{}", status)}},
                         .value = static_cast<double>(count)});
    }
  }
  return samples;
}

std::vector<telemetry::HistogramSample> HttpMetrics::Times() const {
  std::vector<telemetry::HistogramSample> samples;
  for (const auto& [pattern, route] : Sum()) {
    samples.push_back({.labels = {{"route", pattern}},
                       .bounds = {kBounds.begin(), kBounds.end()},
                       .counts = {route.times.begin(), route.times.end()},
                       .sum = route.seconds});
  }
  return samples;
}

void HttpMetrics::AddTo(telemetry::MetricTable& table) const {
  table.AddCounters("tritontube_http_requests_total",
                    "Requests answered, by route, method and status",
                    [this] { return Requests(); });
  table.AddHistograms("tritontube_http_request_duration_seconds",
                      "From a request's head to the end of its answer", [this] { return Times(); });
  table.AddGauges("tritontube_http_requests_in_flight", "Requests under way, streams of events too",
                  [this] {
                    // A route that nobody found ends without having begun.
                    return Each([](const Route& route) {
                      return static_cast<double>(route.begun - std::min(route.begun, route.ended));
                    });
                  });
  table.AddCounters("tritontube_http_request_bytes_total", "Bytes of bodies received", [this] {
    return Each([](const Route& route) { return static_cast<double>(route.bytes_in); });
  });
  table.AddCounters("tritontube_http_response_bytes_total", "Bytes of bodies sent", [this] {
    return Each([](const Route& route) { return static_cast<double>(route.bytes_out); });
  });
  table.AddGauge("tritontube_http_connections", "Connections at the moment",
                 [this] { return static_cast<double>(connections_); });
  table.AddCounter("tritontube_http_connections_refused_total",
                   "Connections turned away because there were connections-max",
                   [this] { return static_cast<double>(connections_refused_); });
}

}  // namespace tritontube::app
