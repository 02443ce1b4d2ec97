#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include "app/documented_metrics_test.h"

// The rules of deploy/alerts.yml against what there is.
namespace tritontube::app {
namespace {

std::string TextOf(const std::string& file) {
  std::ifstream stream(TRITONTUBE_SOURCE_DIR "/" + file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

std::set<std::string> AllMatches(const std::string& text, const std::regex& pattern) {
  std::set<std::string> all;
  for (std::sregex_iterator it(text.begin(), text.end(), pattern), end; it != end; ++it) {
    all.insert((*it)[1]);
  }
  return all;
}

// Other tests compare the documented metrics with those that a server and a node have.
TEST(Alerts, AskForMetricsThatThereAre) {
  std::set<std::string> known = DocumentedMetrics("A web server tells");
  known.merge(DocumentedMetrics("A content node tells"));
  const std::set<std::string> asked =
      AllMatches(TextOf("deploy/alerts.yml"), std::regex("\\b(tritontube_[a-z_]+)"));
  EXPECT_FALSE(asked.empty());
  for (const std::string& metric : asked) EXPECT_TRUE(known.contains(metric)) << metric;
}

TEST(Alerts, AreEachExplainedWithWhatToDo) {
  const std::string alerts = TextOf("deploy/alerts.yml");
  std::string explained = TextOf("docs/operations.md");
  explained.erase(0, explained.find("\n### Alarms\n"));
  explained.erase(explained.find("\n## "));
  const std::set<std::string> names = AllMatches(alerts, std::regex("- alert: (\\w+)"));
  EXPECT_FALSE(names.empty());
  EXPECT_EQ(AllMatches(explained, std::regex("`(TritonTube\\w+)`")), names);
}

}  // namespace
}  // namespace tritontube::app
