#include "app/http_metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace tritontube::app {
namespace {

using std::chrono::milliseconds;

http::RequestRecord Record(std::string_view method, std::string_view pattern, int status,
                           milliseconds duration = milliseconds(0)) {
  return {.method = method,
          .path = {},
          .pattern = pattern,
          .remote_address = {},
          .id = {},
          .status = status,
          .body_bytes_in = 3,
          .body_bytes_out = 5,
          .duration = duration};
}

class HttpMetricsTest : public testing::Test {
 protected:
  HttpMetricsTest() { metrics_.AddTo(table_); }
  bool Tells(std::string_view line) const {
    return table_.Text().contains(fmt::format("\n{}\n", line));
  }

  HttpMetrics metrics_;
  telemetry::MetricTable table_;
};

TEST_F(HttpMetricsTest, CountsByRouteMethodAndStatusWhateverThePath) {
  metrics_.OnRequest(Record("GET", "/content/{id}/{file}", 200));
  metrics_.OnRequest(Record("GET", "/content/{id}/{file}", 200));
  metrics_.OnRequest(Record("GET", "/content/{id}/{file}", 404));
  EXPECT_TRUE(
      Tells("tritontube_http_requests_total{route=\"/content/{id}/{file}\",method=\"GET\","
            "status=\"200\"} 2"))
      << table_.Text();
  EXPECT_TRUE(Tells("tritontube_http_request_bytes_total{route=\"/content/{id}/{file}\"} 9"));
  EXPECT_TRUE(Tells("tritontube_http_response_bytes_total{route=\"/content/{id}/{file}\"} 15"));
}

TEST_F(HttpMetricsTest, HasNoLabelThatAClientCouldChoose) {
  for (int i = 0; i < 1000; ++i) {
    metrics_.OnRequest(Record("X" + std::to_string(i), "", 405));
  }
  EXPECT_TRUE(
      Tells("tritontube_http_requests_total{route=\"none\",method=\"other\",status=\"405\"} 1000"));
}

TEST_F(HttpMetricsTest, SortsTimesIntoBuckets) {
  metrics_.OnRequest(Record("GET", "/", 200, milliseconds(1)));
  metrics_.OnRequest(Record("GET", "/", 200, milliseconds(50)));
  metrics_.OnRequest(Record("GET", "/", 200, milliseconds(600'000)));
  EXPECT_TRUE(Tells("tritontube_http_request_duration_seconds_bucket{route=\"/\",le=\"0.001\"} 1"))
      << table_.Text();
  EXPECT_TRUE(Tells("tritontube_http_request_duration_seconds_bucket{route=\"/\",le=\"0.1\"} 2"));
  EXPECT_TRUE(Tells("tritontube_http_request_duration_seconds_bucket{route=\"/\",le=\"120\"} 2"));
  EXPECT_TRUE(Tells("tritontube_http_request_duration_seconds_bucket{route=\"/\",le=\"+Inf\"} 3"));
}

TEST_F(HttpMetricsTest, KnowsWhatIsUnderWay) {
  metrics_.OnBegin("/api/v1/events");
  metrics_.OnBegin("/api/v1/events");
  EXPECT_TRUE(Tells("tritontube_http_requests_in_flight{route=\"/api/v1/events\"} 2"));
  metrics_.OnRequest(Record("GET", "/api/v1/events", 200));
  EXPECT_TRUE(Tells("tritontube_http_requests_in_flight{route=\"/api/v1/events\"} 1"));
  metrics_.OnConnection(+1);
  metrics_.OnConnectionRefused();
  EXPECT_TRUE(Tells("tritontube_http_connections 1"));
  EXPECT_TRUE(Tells("tritontube_http_connections_refused_total 1"));
}

TEST_F(HttpMetricsTest, AddsUpWhatEveryThreadHasCounted) {
  std::vector<std::jthread> threads;
  threads.reserve(20);
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([this] {
      for (int n = 0; n < 100; ++n) metrics_.OnRequest(Record("GET", "/", 200));
    });
  }
  threads.clear();
  EXPECT_TRUE(
      Tells("tritontube_http_requests_total{route=\"/\",method=\"GET\",status=\"200\"} 2000"));
}

}  // namespace
}  // namespace tritontube::app
