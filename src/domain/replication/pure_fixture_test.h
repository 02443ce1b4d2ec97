#pragma once

#include <chrono>
#include <string>

#include "base/clock.h"
#include "base/ids.h"

// What the tests of the parts without I/O share.
namespace tritontube::replication {

inline constexpr SteadyTime kNow{std::chrono::hours(1)};

inline NodeId Node(char name) { return *NodeId::Parse(std::string(11, name)); }

}  // namespace tritontube::replication
