#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "foundation/config/setting.h"
#include "foundation/telemetry/log.h"

namespace tritontube::app {

// What `storage` is made with.
struct StorageSettings {
  std::filesystem::path folder;
  std::string host = "localhost";
  std::uint16_t port = 8090;
  // Where it tells over HTTP how it is, if anywhere.
  std::optional<config::SocketAddress> metrics_listen = {};
  int workers = 0;
  // What has moved to other nodes is kept here for so long, unless the disk gets full.
  std::chrono::milliseconds keep_moved = std::chrono::hours(24);
  // SIGTERM drains and stops: this is what calls under way get.
  std::chrono::milliseconds drain_time = std::chrono::seconds(8);
  telemetry::LogOptions log;
  rocksdb::RocksdbOptions blobs;
};

// Every setting of `storage` but its folder, as flag, variable and TOML key.
std::vector<config::Setting> StorageTable(StorageSettings& settings);

}  // namespace tritontube::app
