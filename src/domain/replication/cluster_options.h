#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/bytes.h"

namespace tritontube::replication {

struct ClusterOptions {
  // A put that found too few nodes is tried again for so long: one may be starting.
  std::chrono::milliseconds retry_time = std::chrono::seconds(3);
  std::chrono::milliseconds retry_pause{100};
  // How long an acknowledged put goes on for the copies that are still missing.
  std::chrono::milliseconds tail_time = std::chrono::seconds(2);
  // A second replica is asked after this, or after the time that 95 % of the reads take.
  std::chrono::milliseconds hedge_delay_min{20};
  // A node that is silent for so long is not waited for alone, whatever that costs.
  std::chrono::milliseconds patience{200};
  // One call of one node, whatever the caller would wait.
  std::chrono::milliseconds call_time_max = std::chrono::seconds(10);
  std::chrono::milliseconds probe_interval{500};
  std::chrono::milliseconds repair_delay_min{250};
  std::chrono::milliseconds repair_delay_max = std::chrono::seconds(30);
  ByteCount call_bytes_max = ByteCount{16} << 20U;
  ByteCount put_bytes_max = ByteCount{48} << 20U;   // In flight.
  ByteCount read_bytes_max = ByteCount{32} << 20U;  // In flight.
  std::size_t owed_per_node_max = 10'000;
};

// What has happened since the start.
struct ClusterCounters {
  std::atomic<std::uint64_t> hedged = 0;
  std::atomic<std::uint64_t> failed_over = 0;
  std::atomic<std::uint64_t> retried_epochs = 0;
  std::atomic<std::uint64_t> repaired = 0;
  std::atomic<std::uint64_t> dropped = 0;    // Owed copies that were forgotten for lack of room.
  std::atomic<std::uint64_t> conflicts = 0;  // Copies of one blob that were not the same bytes.
};

}  // namespace tritontube::replication
