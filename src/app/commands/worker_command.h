#pragma once

#include "app/commands/setting_flags.h"
#include "app/worker_settings.h"

namespace tritontube::app {

class WorkerCommand final : public Command {
 public:
  void AddOptions(CLI::App& app) override { flags_.AddTo(app); }
  Result<void> Run(const Console& console) override;

 private:
  WorkerSettings settings_;
  SettingFlags flags_{WorkerTable(settings_)};
};

}  // namespace tritontube::app
