#include "app/commands/storage_command.h"

#include "app/storage.h"

namespace tritontube::app {

void StorageCommand::AddOptions(CLI::App& app) {
  app.add_option("FOLDER", folder_, "Folder for everything that the node keeps")->required();
  flags_.AddTo(app);
}

Result<void> StorageCommand::Run(const Console& console) {
  TT_RETURN_IF_ERROR(flags_.Resolve(console.environment));
  settings_.folder = folder_;
  return RunStorage(settings_, console.out);
}

}  // namespace tritontube::app
