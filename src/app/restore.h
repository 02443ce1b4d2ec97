#pragma once

#include <filesystem>

#include "app/client/terminal.h"
#include "base/error.h"

namespace tritontube::app {

struct RestoreSettings {
  std::filesystem::path backup;
  std::filesystem::path data;
  bool json = false;
};

// Makes a data folder out of a backup. The folder must be missing or empty, and
// holds nothing a server would take for its data before all of it is there.
// kCorrupt when some of the videos are damaged in the backup: the others are
// restored.
Result<void> Restore(const RestoreSettings& settings, client::Terminal& terminal);

}  // namespace tritontube::app
