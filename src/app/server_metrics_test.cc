#include "app/server_metrics.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "adapters/sqlite/sqlite_coordination.h"
#include "app/documented_metrics_test.h"
#include "support/memory_search_index.h"
#include "support/platform.h"

namespace tritontube::app {
namespace {

using testing::Contains;

class ServerMetricsTest : public support::Platform {
 protected:
  std::vector<std::string> Scrape() {
    std::istringstream text(Value(metrics_.Scrape(Deadline::After(std::chrono::seconds(10)))));
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  // The engines of the real server: what they count is what is told.
  const std::unique_ptr<rocksdb::RocksdbBlobStore> blobs_ =
      rocksdb::RocksdbBlobStore::Open(temp_.path() / "blobs").value();
  const std::unique_ptr<sqlite::SqliteCoordination> sqlite_ =
      sqlite::SqliteCoordination::Open(temp_.path() / "coordination").value();
  catalog::Catalog videos_{*sqlite_};
  jobs::JobQueue jobs_{*sqlite_, videos_, random_};
  upload::SourceAnalyst analyst_{blocking_};
  upload::SourceJudge judge_{
      {.store = *blobs_, .scratch = *scratch_, .prober = prober_, .analyst = analyst_}, {}};
  upload::UploadService upload_{{.catalog = videos_,
                                 .store = *blobs_,
                                 .space = space_,
                                 .judge = judge_,
                                 .lease = lease_,
                                 .clock = clock_,
                                 .random = random_},
                                {}};
  upload::ResumableUploads resumable_{{.catalog = videos_,
                                       .store = *blobs_,
                                       .space = space_,
                                       .judge = judge_,
                                       .analyst = analyst_,
                                       .clock = clock_,
                                       .random = random_},
                                      {}};
  delivery::Delivery delivery_{videos_, *blobs_, blocking_, {}};
  garbage::Collector collector_{videos_, *blobs_, clock_};
  verification::DamageLog damage_log_{coordination_};
  extras::ExtrasMaker extras_{*blobs_, *scratch_, extra_tools_};
  support::MemorySearchIndex search_index_;
  library::Search search_{videos_, *sqlite_, search_index_};
  const Engines engines_{
      .coordination = *sqlite_,
      .blobs = *blobs_,
      .queues =
          [this] {
            std::vector<NamedQueueLoad> all = blobs_->queues();
            std::ranges::copy(sqlite_->queues(), std::back_inserter(all));
            return all;
          },
      .garbage_bytes = [this](Deadline deadline) { return blobs_->GarbageBytes(deadline); }};
  HttpMetrics http_;
  JobLog job_log_;
  telemetry::LogSession log_{{}};
  ServerMetrics metrics_{{.http = http_,
                          .connections_max = 4096,
                          .job_log = job_log_,
                          .jobs = jobs_,
                          .engines = engines_,
                          .lease = lease_,
                          .upload = upload_,
                          .resumable = resumable_,
                          .delivery = delivery_,
                          .collector = collector_,
                          .extras = extras_,
                          .search = search_,
                          .scratch = *scratch_,
                          .space = space_,
                          .damage = damage_log_,
                          .blocking = blocking_,
                          .blocking_queue_max = 16,
                          .log = log_}};
};

// prometheus.io/docs/instrumenting/exposition_formats, as a scraper reads it.
TEST_F(ServerMetricsTest, AreTextThatAScraperUnderstands) {
  http::RequestRecord record;
  record.method = "GET";
  record.pattern = "/content/{id}/{file}";
  record.status = 200;
  http_.OnRequest(record);
  const std::regex sample(
      R"re(([a-z_]+)(\{([a-z_]+="([^"\\\n]|\\[\\"n])*",?)*\})? (-?[0-9.eE+-]+|\+Inf|NaN))re");
  const std::regex comment(R"(# (HELP|TYPE) ([a-z_]+) (.+))");
  std::set<std::string> typed;
  std::smatch match;
  for (const std::string& line : Scrape()) {
    if (std::regex_match(line, match, comment)) {
      if (match[1] == "TYPE") {
        EXPECT_TRUE(typed.insert(match[2]).second) << line;
      }
      continue;
    }
    ASSERT_TRUE(std::regex_match(line, match, sample)) << line;
    const std::string family =
        std::regex_replace(match[1].str(), std::regex("_(bucket|sum|count)$"), "");
    EXPECT_TRUE(typed.contains(family) || typed.contains(match[1])) << line;
  }
  for (const std::string& name : metrics_.names()) EXPECT_THAT(typed, Contains(name));
}

TEST_F(ServerMetricsTest, TellWhatTheEnginesHold) {
  const VideoId id = VideoId::Generate(random_);
  std::vector<blob::Blob> batch;
  batch.push_back({.key = {id, UploadId::Generate(random_), "a"},
                   .bytes = blob::Bytes(std::string(100'000, 'a'))});
  ASSERT_TRUE(Value(blobs_->Put(std::move(batch), Deadline::Never())).has_value());
  const std::vector<std::string> lines = Scrape();
  EXPECT_THAT(lines, Contains("tritontube_store_up 1"));
  EXPECT_THAT(lines, Contains("tritontube_store_read_only 0"));
  EXPECT_THAT(lines, Contains("tritontube_jobs{state=\"waiting\"} 0"));
  EXPECT_THAT(lines, Contains("tritontube_queue_depth{queue=\"store_reads\"} 0"));
  EXPECT_THAT(lines, Contains("tritontube_queue_limit{queue=\"files\"} 16"));
  EXPECT_THAT(lines, Contains("tritontube_queue_limit{queue=\"metadata_writes\"} 1024"));
}

TEST_F(ServerMetricsTest, LeaveOutWhatCouldNotBeAskedInTime) {
  std::istringstream text(Value(metrics_.Scrape(Deadline::After(std::chrono::seconds(0)))));
  const std::string all = std::move(text).str();
  EXPECT_TRUE(all.contains("\ntritontube_store_up 0\n"));
  EXPECT_FALSE(all.contains("\ntritontube_disk_free_bytes"));
}

TEST_F(ServerMetricsTest, AreDocumentedOneByOne) {
  const std::vector<std::string> names = metrics_.names();
  EXPECT_EQ(DocumentedMetrics("A web server tells"),
            std::set<std::string>(names.begin(), names.end()));
}

}  // namespace
}  // namespace tritontube::app
