#pragma once

#include <chrono>

#include "base/deadline.h"
#include "foundation/async/task.h"

namespace tritontube::async {

// Returns at `deadline`, or sooner when the task is or was cancelled.
Task<void> SleepUntil(Deadline deadline);
Task<void> Sleep(std::chrono::milliseconds duration);

}  // namespace tritontube::async
