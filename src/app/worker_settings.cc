#include "app/worker_settings.h"

namespace tritontube::app {

std::vector<config::Setting> WorkerTable(WorkerSettings& settings) {
  return {
      config::List("etcd", settings.etcd, "The members of the cluster's etcd, as HOST:PORT,..."),
      config::Path("data", settings.data,
                   "Folder for what is being worked on; can be lost at any time"),
      config::Integer<int>("workers", settings.workers, {.min = 1, .max = 64},
                           "Transcodes that run at once"),
      LogFormatRow(settings.log),
      LogLevelRow(settings.log),
  };
}

}  // namespace tritontube::app
