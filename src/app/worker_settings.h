#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/settings.h"

namespace tritontube::app {

// What `worker` is made with.
struct WorkerSettings {
  std::vector<std::string> etcd;  // host:port of each member.
  std::filesystem::path data = "worker";
  int workers = WorkersByDefault();
  telemetry::LogOptions log;
};

// Every setting of `worker`, as flag, variable and TOML key.
std::vector<config::Setting> WorkerTable(WorkerSettings& settings);

}  // namespace tritontube::app
