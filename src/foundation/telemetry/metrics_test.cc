#include "foundation/telemetry/metrics.h"

#include <gtest/gtest.h>

#include <map>
#include <sstream>

namespace tritontube::telemetry {
namespace {

// What one line of a scrape says, read by the rules of the text format.
std::map<std::string, double> ReadSamples(const std::string& text) {
  std::map<std::string, double> samples;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) continue;
    const std::size_t blank = line.rfind(' ');
    samples[line.substr(0, blank)] = std::stod(line.substr(blank + 1));
  }
  return samples;
}

TEST(MetricTable, TellsEveryMetricWithItsMeaningAndType) {
  MetricTable table;
  double jobs = 3;
  table.AddCounter("tritontube_jobs_done_total", "Jobs done", [&] { return jobs; });
  table.AddGauges("tritontube_jobs", "Jobs at the moment", [] {
    return std::vector<Sample>{{.labels = {{"state", "waiting"}}, .value = 2},
                               {.labels = {{"state", "running"}}, .value = 0}};
  });
  const std::string text = table.Text();
  EXPECT_TRUE(
      text.contains("# HELP tritontube_jobs_done_total Jobs done\n"
                    "# TYPE tritontube_jobs_done_total counter\n"))
      << text;
  EXPECT_TRUE(text.contains("# TYPE tritontube_jobs gauge\n"));
  EXPECT_EQ(ReadSamples(text)["tritontube_jobs{state=\"waiting\"}"], 2);
  jobs = 4;
  EXPECT_EQ(ReadSamples(table.Text())["tritontube_jobs_done_total"], 4);
  EXPECT_EQ(table.names(),
            (std::vector<std::string>{"tritontube_jobs_done_total", "tritontube_jobs"}));
}

TEST(MetricTable, AddsUpTheBucketsOfAHistogram) {
  MetricTable table;
  table.AddHistograms("tritontube_time_seconds", "Time", [] {
    return std::vector<HistogramSample>{
        {.labels = {{"route", "/a"}}, .bounds = {0.1, 1}, .counts = {5, 2, 1}, .sum = 4.5}};
  });
  const std::string text = table.Text();
  auto samples = ReadSamples(text);
  EXPECT_TRUE(text.contains("# TYPE tritontube_time_seconds histogram\n")) << text;
  EXPECT_EQ(samples["tritontube_time_seconds_bucket{route=\"/a\",le=\"0.1\"}"], 5) << text;
  EXPECT_EQ(samples["tritontube_time_seconds_bucket{route=\"/a\",le=\"1\"}"], 7);
  EXPECT_EQ(samples["tritontube_time_seconds_bucket{route=\"/a\",le=\"+Inf\"}"], 8);
  EXPECT_EQ(samples["tritontube_time_seconds_count{route=\"/a\"}"], 8);
  EXPECT_EQ(samples["tritontube_time_seconds_sum{route=\"/a\"}"], 4.5);
}

TEST(MetricTable, EscapesTheValuesOfLabels) {
  MetricTable table;
  table.AddGauges("tritontube_build_info", "Build", [] {
    return std::vector<Sample>{{.labels = {{"version", "1\"\n\\2"}}, .value = 1}};
  });
  EXPECT_TRUE(table.Text().contains("{version=\"1\\\"\\n\\\\2\"} 1")) << table.Text();
}

TEST(MetricTableDeathTest, RefusesNamesAgainstTheConventions) {
  const auto add = [](std::string_view name) {
    MetricTable table;
    table.AddGauge("tritontube_store_bytes", "", [] { return 0.0; });
    table.AddGauge(name, "", [] { return 0.0; });
  };
  EXPECT_DEATH(add("store_free_bytes"), "no name of a metric");
  EXPECT_DEATH(add("tritontube_Free"), "no name of a metric");
  EXPECT_DEATH(add("tritontube_free_total"), "counters");
  EXPECT_DEATH(add("tritontube_store_bytes"), "two metrics");
}

}  // namespace
}  // namespace tritontube::telemetry
