#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "domain/scrubbing/scrub_pace.h"
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
  scrubbing::ScrubOptions scrub;
  // What the node has is compared with the others so often.
  std::chrono::milliseconds compare_period = std::chrono::minutes(10);
  // Another node that is silent for so long is given up.
  std::chrono::milliseconds give_up_after = std::chrono::minutes(10);
  // SIGTERM drains and stops: this is what calls under way get.
  std::chrono::milliseconds drain_time = std::chrono::seconds(8);
  telemetry::LogOptions log;
  rocksdb::RocksdbOptions blobs;
};

// Every setting of `storage` but its folder, as flag, variable and TOML key.
std::vector<config::Setting> StorageTable(StorageSettings& settings);

}  // namespace tritontube::app
