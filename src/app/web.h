#pragma once

#include "app/settings.h"

namespace tritontube::app {

// Runs one web server of a cluster until SIGINT or SIGTERM. The error is why it
// could not serve.
Result<void> Web(const WebSettings& settings);

}  // namespace tritontube::app
