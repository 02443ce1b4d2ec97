#pragma once

#include <cstdio>

#include "app/worker_settings.h"

namespace tritontube::app {

// Transcodes for a cluster until SIGINT or SIGTERM; says on `out` when it does. The
// error is why it could not.
Result<void> RunWorker(const WorkerSettings& settings, std::FILE* out);

}  // namespace tritontube::app
