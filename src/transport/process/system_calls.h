#pragma once

#include "base/error.h"

namespace tritontube::process {

// Refuses, with EPERM and for good, the system calls that a program which only
// computes never needs: sockets, other processes, mounts, namespaces, kernel
// interfaces with a history of holes. Applies to the calling thread and what it
// executes.
Result<void> RestrictSystemCalls();

}  // namespace tritontube::process
