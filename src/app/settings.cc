#include "app/settings.h"

#include <algorithm>
#include <iterator>
#include <thread>

namespace tritontube::app {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using namespace literals;

using telemetry::Level;
using telemetry::LogFormat;

namespace {

// What every web server has.
std::vector<config::Setting> MediaServerTable(MediaServerSettings& settings) {
  return {
      config::Integer<int>("workers", settings.workers, {.min = 0, .max = 64},
                           "Transcodes that run at once; 0 for none"),
      config::List("allowed-hosts", settings.allowed_hosts,
                   "Names under which browsers may reach this server, beside its own"),
      config::Size("upload-bytes-max", settings.upload.size_max, {.min = 1, .max = 1_TiB * 1024},
                   "Largest file that is taken"),
      config::Duration("upload-expiry", settings.upload_expiry,
                       {.min = minutes(1), .max = hours(24 * 365)},
                       "An upload that is not finished is ended when nothing came for so long"),
      config::Size("keep-free-bytes", settings.space.keep_free_bytes,
                   {.min = 0, .max = 1_TiB * 1024},
                   "Uploads are refused when, with what was promised to others, less than this "
                   "would stay free on the disk"),
      ScrubPeriodRow(settings.scrub),
      ScrubSpeedRow(settings.scrub),
      config::Size("cache-bytes", settings.delivery.cache_bytes, {.min = 0, .max = 1_TiB},
                   "Memory for the segments that were asked for last"),
      config::Integer<std::size_t>("connections-max", settings.http.connections_max,
                                   {.min = 1, .max = 1'000'000},
                                   "Connections at once; more are turned away with 503"),
      config::Duration("drain-time", settings.drain_time, {.min = seconds(0), .max = minutes(10)},
                       "What responses under way get when the server is asked to stop"),
      LogFormatRow(settings.log),
      LogLevelRow(settings.log),
      config::Duration("slow-request-after", settings.slow_request_after, {.min = seconds(0)},
                       "Requests that take longer are told in the log"),
  };
}

// The rows of `own` stand before the common ones.
std::vector<config::Setting> WithCommon(std::vector<config::Setting> own,
                                        MediaServerSettings& settings) {
  std::ranges::move(MediaServerTable(settings), std::back_inserter(own));
  return own;
}

}  // namespace

std::vector<config::Setting> ServeTable(ServeSettings& settings) {
  return WithCommon(
      {
          config::Address("listen", settings.listen,
                          "Address and port of the web server; port 0 takes a free one"),
          config::Path("data", settings.data, "Folder for everything that is kept"),
          StoreFreeBytesRow(settings.blobs),
      },
      settings);
}

std::vector<config::Setting> WebTable(WebSettings& settings) {
  return WithCommon(
      {
          config::Integer<std::uint16_t>("port", settings.listen.port, {.min = 0, .max = 65535},
                                         "Port of the web server; 0 takes a free one"),
          config::Host("host", settings.listen.host,
                       "Address on which the web server and the admin's gRPC listen"),
          config::Path("data", settings.data,
                       "Folder for what this server makes for itself: the search index and the "
                       "files of running transcodes; web-PORT unless it is said"),
      },
      settings);
}

config::Setting LogFormatRow(telemetry::LogOptions& log) {
  return config::Choice<LogFormat>(
      "log-format", log.format,
      {{"auto", LogFormat::kAuto}, {"text", LogFormat::kText}, {"json", LogFormat::kJson}},
      "Form of the log; auto is text on a terminal, else JSON");
}

config::Setting LogLevelRow(telemetry::LogOptions& log) {
  return config::Choice<Level>("log-level", log.level,
                               {{"debug", Level::kDebug},
                                {"info", Level::kInfo},
                                {"warn", Level::kWarning},
                                {"error", Level::kError}},
                               "What is logged: this and what matters more");
}

config::Setting ScrubPeriodRow(scrubbing::ScrubOptions& scrub) {
  return config::Duration("scrub-period", scrub.period, {.min = hours(1), .max = hours(24 * 365)},
                          "In this time every stored byte is read and verified once");
}

config::Setting ScrubSpeedRow(scrubbing::ScrubOptions& scrub) {
  return config::Size("scrub-bytes-per-second", scrub.idle_bytes_per_second,
                      {.min = 1_MiB, .max = 1_TiB},
                      "How fast that is done while nobody else uses the disk");
}

config::Setting StoreFreeBytesRow(rocksdb::RocksdbOptions& blobs) {
  return config::Size("store-free-bytes-min", blobs.free_bytes_min, {.min = 0, .max = 1_TiB * 1024},
                      "Nothing more is stored while the disk has less than this; deleting goes on");
}

int WorkersByDefault() {
  return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1U, 64U));
}

bool IsLoopback(std::string_view host) {
  return host.starts_with("127.") || host == "::1" || host == "localhost";
}

std::string LiteralAddress(const std::string& host) {
  return host == "localhost" ? "127.0.0.1" : host;
}

}  // namespace tritontube::app
