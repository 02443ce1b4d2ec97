#pragma once

#include "app/commands/setting_flags.h"
#include "app/settings.h"

namespace tritontube::app {

// Shows what `serve` with the same flags, environment and file would run with.
class ConfigCommand final : public Command {
 public:
  void AddOptions(CLI::App& app) override;
  Result<void> Run(const Console& console) override;

 private:
  ServeSettings settings_;
  SettingFlags flags_{ServeTable(settings_)};
  bool json_ = false;
};

}  // namespace tritontube::app
