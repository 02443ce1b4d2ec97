#pragma once

#include "app/commands/command.h"

namespace tritontube::app {

// Reads a command line and does what it asks for. The process's exit code: 0
// only on success, 2 when the command line or a setting is wrong, else 1; an
// error is one line on `console.err`. The original's single-dash long flags
// ("-port 3344") are taken too.
int RunCommandLine(int argc, const char* const* argv, const Console& console);

}  // namespace tritontube::app
