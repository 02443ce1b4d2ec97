#include "foundation/telemetry/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <regex>
#include <sstream>

#include "base/assert.h"

namespace tritontube::telemetry {

namespace {

std::vector<prometheus::ClientMetric::Label> LabelsOf(const Labels& labels) {
  std::vector<prometheus::ClientMetric::Label> out;
  for (const auto& [name, value] : labels) out.push_back({.name = name, .value = value});
  return out;
}

prometheus::ClientMetric::Histogram HistogramOf(const HistogramSample& sample) {
  TT_ASSERT(sample.counts.size() == sample.bounds.size() + 1, "{} counts for {} bounds",
            sample.counts.size(), sample.bounds.size());
  prometheus::ClientMetric::Histogram histogram;
  for (std::size_t i = 0; i < sample.counts.size(); ++i) {
    histogram.sample_count += sample.counts[i];
    const double bound =
        i < sample.bounds.size() ? sample.bounds[i] : std::numeric_limits<double>::infinity();
    histogram.bucket.push_back({.cumulative_count = histogram.sample_count, .upper_bound = bound});
  }
  histogram.sample_sum = sample.sum;
  return histogram;
}

std::function<std::vector<Sample>()> WithoutLabels(std::function<double()> read) {
  return [read = std::move(read)] { return std::vector<Sample>{{.labels = {}, .value = read()}}; };
}

}  // namespace

void MetricTable::Add(Metric metric) {
  static const std::regex kNameForm("tritontube(_[a-z0-9]+)+");
  TT_ASSERT(std::regex_match(metric.name, kNameForm), "{} is no name of a metric", metric.name);
  TT_ASSERT(metric.name.ends_with("_total") == (metric.type == Type::kCounter),
            "{}: counters, and nothing else, end in _total", metric.name);
  TT_ASSERT(std::ranges::find(metrics_, metric.name, &Metric::name) == metrics_.end(),
            "there are two metrics {}", metric.name);
  metrics_.push_back(std::move(metric));
}

void MetricTable::AddCounter(std::string_view name, std::string_view help,
                             std::function<double()> read) {
  AddCounters(name, help, WithoutLabels(std::move(read)));
}

void MetricTable::AddGauge(std::string_view name, std::string_view help,
                           std::function<double()> read) {
  AddGauges(name, help, WithoutLabels(std::move(read)));
}

void MetricTable::AddCounters(std::string_view name, std::string_view help,
                              std::function<std::vector<Sample>()> read) {
  Add({.name = std::string(name),
       .help = std::string(help),
       .type = Type::kCounter,
       .read = std::move(read),
       .read_buckets = {}});
}

void MetricTable::AddGauges(std::string_view name, std::string_view help,
                            std::function<std::vector<Sample>()> read) {
  Add({.name = std::string(name),
       .help = std::string(help),
       .type = Type::kGauge,
       .read = std::move(read),
       .read_buckets = {}});
}

void MetricTable::AddHistograms(std::string_view name, std::string_view help,
                                std::function<std::vector<HistogramSample>()> read) {
  Add({.name = std::string(name),
       .help = std::string(help),
       .type = Type::kHistogram,
       .read = {},
       .read_buckets = std::move(read)});
}

std::vector<std::string> MetricTable::names() const {
  std::vector<std::string> names;
  names.reserve(metrics_.size());
  for (const Metric& metric : metrics_) names.push_back(metric.name);
  return names;
}

std::string MetricTable::Text() const {
  std::vector<prometheus::MetricFamily> families;
  families.reserve(metrics_.size());
  for (const Metric& metric : metrics_) families.push_back(FamilyOf(metric));
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, families);
  return std::move(out).str();
}

prometheus::MetricFamily MetricTable::FamilyOf(const Metric& metric) {
  prometheus::MetricFamily family;
  family.name = metric.name;
  family.help = metric.help;
  if (metric.type == Type::kHistogram) {
    family.type = prometheus::MetricType::Histogram;
    for (const HistogramSample& sample : metric.read_buckets()) {
      prometheus::ClientMetric& line = family.metric.emplace_back();
      line.label = LabelsOf(sample.labels);
      line.histogram = HistogramOf(sample);
    }
    return family;
  }
  const bool is_counter = metric.type == Type::kCounter;
  family.type = is_counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
  for (const Sample& sample : metric.read()) {
    prometheus::ClientMetric& line = family.metric.emplace_back();
    line.label = LabelsOf(sample.labels);
    line.counter.value = sample.value;
    line.gauge.value = sample.value;
  }
  return family;
}

}  // namespace tritontube::telemetry
