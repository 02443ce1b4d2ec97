#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "domain/scrubbing/scrub_pace.h"
#include "foundation/config/setting.h"
#include "foundation/telemetry/log.h"
#include "services/delivery/delivery.h"
#include "services/space/space.h"
#include "services/upload/resumable_uploads.h"
#include "services/upload/upload_service.h"
#include "transport/http/server.h"

namespace tritontube::app {

// As many transcodes at once as there are processors.
int WorkersByDefault();

// What every web server is made with, whatever it stands on: its own settings,
// and each module's in that module's struct.
struct MediaServerSettings {
  config::SocketAddress listen{.host = "127.0.0.1", .port = 3344};
  std::filesystem::path data = "data";
  int workers = WorkersByDefault();
  std::vector<std::string> allowed_hosts;
  // SIGTERM drains and stops: this is what responses under way get.
  std::chrono::milliseconds drain_time = std::chrono::seconds(8);
  // A request that moves nothing and takes longer is told in the log.
  std::chrono::milliseconds slow_request_after = std::chrono::seconds(10);
  telemetry::LogOptions log;
  http::ServerLimits http;
  upload::UploadOptions upload;
  // An unfinished upload is ended when nothing came for so long.
  std::chrono::milliseconds upload_expiry = std::chrono::hours(24);
  delivery::DeliveryOptions delivery;
  space::SpaceOptions space;
  scrubbing::ScrubOptions scrub;
};

// `serve`: everything in one process.
struct ServeSettings : MediaServerSettings {
  rocksdb::RocksdbOptions blobs;
};

// `web`: one of the web servers of a cluster.
struct WebSettings : MediaServerSettings {
  WebSettings() {
    listen.host = "localhost";
    data.clear();  // web-PORT, unless it is said.
  }

  std::vector<std::string> etcd;           // host:port of each member.
  config::SocketAddress admin;             // Where the admin's gRPC is answered.
  std::vector<std::string> initial_nodes;  // Content nodes of a cluster that is not founded yet.
};

// Every setting there is, as flag, variable and TOML key. A new one is a row here
// and, for its default, a member of its module's struct.
std::vector<config::Setting> ServeTable(ServeSettings& settings);
std::vector<config::Setting> WebTable(WebSettings& settings);

// Rows that every server has.
config::Setting LogFormatRow(telemetry::LogOptions& log);
config::Setting LogLevelRow(telemetry::LogOptions& log);
config::Setting ScrubPeriodRow(scrubbing::ScrubOptions& scrub);
config::Setting ScrubSpeedRow(scrubbing::ScrubOptions& scrub);
config::Setting StoreFreeBytesRow(rocksdb::RocksdbOptions& blobs);

// True for 127.0.0.0/8, ::1 and localhost: what no other machine can reach.
bool IsLoopback(std::string_view host);
// The web server takes addresses only, and localhost is one that needs no resolver.
std::string LiteralAddress(const std::string& host);

}  // namespace tritontube::app
