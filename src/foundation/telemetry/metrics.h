#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
struct MetricFamily;
}  // namespace prometheus

namespace tritontube::telemetry {

// Names and values of labels. Both come from small fixed sets, never from what a
// client sends.
using Labels = std::vector<std::pair<std::string, std::string>>;

struct Sample {
  Labels labels;
  double value = 0;
};

struct HistogramSample {
  Labels labels;
  std::vector<double> bounds;         // Upper bounds of the buckets, rising; +Inf is implied.
  std::vector<std::uint64_t> counts;  // One for each bound, and one for what is above.
  double sum = 0;
};

// What GET /metrics tells: a table of names, meanings, and functions that read
// the value where it is kept. Nothing is counted here, so that what is measured
// pays for its counter only.
//
// Filled at the start, then read from any thread, if the functions may be.
class MetricTable {
 public:
  // Requires of every name: it is new, begins with "tritontube_", and a
  // counter's ends in "_total" (prometheus.io/docs/practices/naming).
  void AddCounter(std::string_view name, std::string_view help, std::function<double()> read);
  void AddGauge(std::string_view name, std::string_view help, std::function<double()> read);
  // The same with labels: one sample for each combination.
  void AddCounters(std::string_view name, std::string_view help,
                   std::function<std::vector<Sample>()> read);
  void AddGauges(std::string_view name, std::string_view help,
                 std::function<std::vector<Sample>()> read);
  void AddHistograms(std::string_view name, std::string_view help,
                     std::function<std::vector<HistogramSample>()> read);

  std::vector<std::string> names() const;
  // In the Prometheus text format, version 0.0.4.
  std::string Text() const;

 private:
  enum class Type : std::uint8_t { kCounter, kGauge, kHistogram };
  struct Metric {
    std::string name;
    std::string help;
    Type type;
    std::function<std::vector<Sample>()> read;                   // kCounter, kGauge.
    std::function<std::vector<HistogramSample>()> read_buckets;  // kHistogram.
  };

  void Add(Metric metric);
  static prometheus::MetricFamily FamilyOf(const Metric& metric);

  std::vector<Metric> metrics_;
};

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace tritontube::telemetry
