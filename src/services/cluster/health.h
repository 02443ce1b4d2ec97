#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "domain/topology/topology.h"

namespace tritontube::cluster {

struct ClusterStatus;

// How much of what is stored can be read and added to, by the copies of slots that are up.
struct SlotCounts {
  std::size_t short_of_copies = 0;  // Some copy is down or being repaired; nothing is lost.
  std::size_t read_only = 0;        // Too few are up and have room to acknowledge a put.
  std::size_t unreadable = 0;       // None is up.

  bool operator==(const SlotCounts&) const = default;
};

// What a member does for its slots.
struct Service {
  bool serves = false;
  bool takes = false;     // Puts, too.
  bool is_whole = false;  // And misses nothing.
};

// By the place of each member. Pure.
SlotCounts CountSlots(const topology::Topology& topology, const std::vector<Service>& members);

// The cluster in one word, and why it is not better.
struct Health {
  // kHealing: everything is served and taken, and the cluster mends itself. kDegraded: everything
  // is served and taken, and somebody should look. kCritical: something is not served or taken.
  enum class State : std::uint8_t { kOk, kHealing, kDegraded, kCritical };

  State state = State::kOk;
  std::vector<std::string> reasons = {};  // For a person, the worst first.
};

std::string_view ToString(Health::State state);
Health HealthOf(const ClusterStatus& status);

}  // namespace tritontube::cluster
