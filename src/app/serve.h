#pragma once

#include "app/settings.h"

namespace tritontube::app {

// Runs the embedded server until SIGINT or SIGTERM. The error is why it could
// not serve.
Result<void> Serve(const ServeSettings& settings);

}  // namespace tritontube::app
