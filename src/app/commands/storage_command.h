#pragma once

#include "app/commands/setting_flags.h"
#include "app/storage_settings.h"

namespace tritontube::app {

class StorageCommand final : public Command {
 public:
  void AddOptions(CLI::App& app) override;
  Result<void> Run(const Console& console) override;

 private:
  StorageSettings settings_;
  std::string folder_;
  SettingFlags flags_{StorageTable(settings_)};
};

}  // namespace tritontube::app
