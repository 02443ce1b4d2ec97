#pragma once

#include <string>

#include "domain/topology/topology.h"

namespace tritontube::simulation {

// Whether somebody may have replaced `before` by `next`: each step of a change, a member that has
// missed something or has it again, and one that has moved to another address.
bool IsStep(const topology::Topology& before, const topology::Topology& next);

// One line for people: the epoch, who is in, and what goes on.
std::string Describe(const topology::Topology& topology);

}  // namespace tritontube::simulation
