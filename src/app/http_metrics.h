#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "foundation/telemetry/metrics.h"
#include "transport/http/server.h"

namespace tritontube::app {

// Counts requests by their route's pattern, method and status: few combinations,
// whatever clients send. Each io thread counts in a shard of its own, whose lock
// only a scrape ever asks for beside it.
class HttpMetrics final : public http::ServerObserver {
 public:
  void OnRequest(const http::RequestRecord& record) override;
  void OnBegin(std::string_view pattern) override;
  void OnConnection(int change) override { connections_ += change; }
  void OnConnectionRefused() override { ++connections_refused_; }

  std::size_t connection_count() const { return static_cast<std::size_t>(connections_); }

  // Any thread. `this` outlives the table.
  void AddTo(telemetry::MetricTable& table) const;

 private:
  static constexpr std::size_t kShardCount = 16;
  // Upper bounds in seconds: a segment from memory takes less than the first, an
  // upload more than the last.
  static constexpr std::array<double, 10> kBounds{0.001, 0.005, 0.025, 0.1,  0.25,
                                                  1.0,   2.5,   10.0,  30.0, 120.0};

  struct Route {
    std::map<std::pair<std::string_view, int>, std::uint64_t> requests;  // By method and status.
    std::array<std::uint64_t, kBounds.size() + 1> times{};
    double seconds = 0;
    std::uint64_t begun = 0;
    std::uint64_t ended = 0;
    ByteCount bytes_in = 0;
    ByteCount bytes_out = 0;
  };
  using Routes = std::map<std::string, Route, std::less<>>;
  struct alignas(64) Shard {
    mutable std::mutex mutex;
    Routes routes;
  };

  static Route& RouteOf(Routes& routes, std::string_view pattern);
  Shard& ShardOfThisThread();
  Routes Sum() const;
  std::vector<telemetry::Sample> Each(double (*read)(const Route&)) const;
  std::vector<telemetry::Sample> Requests() const;
  std::vector<telemetry::HistogramSample> Times() const;

  std::array<Shard, kShardCount> shards_;
  std::atomic<std::int64_t> connections_ = 0;
  std::atomic<std::uint64_t> connections_refused_ = 0;
};

}  // namespace tritontube::app
