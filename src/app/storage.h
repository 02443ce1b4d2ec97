#pragma once

#include <cstdio>

#include "app/storage_settings.h"

namespace tritontube::app {

// Runs a content node until SIGINT or SIGTERM; says on `out` where it is. The error is why it could
// not serve.
Result<void> RunStorage(const StorageSettings& settings, std::FILE* out);

}  // namespace tritontube::app
