#include "app/storage_settings.h"

#include "app/settings.h"

namespace tritontube::app {

std::vector<config::Setting> StorageTable(StorageSettings& settings) {
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  return {
      config::Integer<std::uint16_t>("port", settings.port, {},
                                     "Port of the node; 0 takes a free one"),
      config::Host("host", settings.host,
                   "Where the node listens; 0.0.0.0 is every address of this machine"),
      config::OptionalAddress("metrics-listen", settings.metrics_listen,
                              "Where /metrics, /healthz and /readyz are served over HTTP, or off"),
      config::Integer<int>("workers", settings.workers, {.min = 0, .max = 64},
                           "Transcodes that run at once beside the serving; 0 for none"),
      config::Duration("keep-moved", settings.keep_moved,
                       {.min = seconds(0), .max = hours(24 * 365)},
                       "How long what has moved to other nodes is kept, unless the disk gets full"),
      ScrubPeriodRow(settings.scrub),
      ScrubSpeedRow(settings.scrub),
      config::Duration("compare-period", settings.compare_period,
                       {.min = seconds(1), .max = hours(24 * 365)},
                       "How often what is stored here is compared with the other nodes"),
      config::Duration("give-up-after", settings.give_up_after,
                       {.min = seconds(0), .max = hours(24 * 365)},
                       "A content node that is silent for so long is given up, and the others make "
                       "its copies; 0 for never"),
      config::Duration("drain-time", settings.drain_time, {.min = seconds(0), .max = minutes(10)},
                       "What calls under way get when the node is asked to stop"),
      StoreFreeBytesRow(settings.blobs),
      LogFormatRow(settings.log),
      LogLevelRow(settings.log),
  };
}

}  // namespace tritontube::app
