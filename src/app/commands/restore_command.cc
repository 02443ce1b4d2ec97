#include "app/commands/restore_command.h"

namespace tritontube::app {

void RestoreCommand::AddOptions(CLI::App& app) {
  app.add_option("DIR", backup_, "The folder that backup wrote")->required();
  app.add_option("--data", data_, "New or empty data folder")->required();
  app.add_flag("--json", json_, "Write JSON");
}

Result<void> RestoreCommand::Run(const Console& console) {
  client::Terminal terminal(console.out, console.err);
  return Restore({.backup = backup_, .data = data_, .json = json_}, terminal);
}

}  // namespace tritontube::app
