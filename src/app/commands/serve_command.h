#pragma once

#include "app/commands/setting_flags.h"
#include "app/settings.h"

namespace tritontube::app {

class ServeCommand final : public Command {
 public:
  void AddOptions(CLI::App& app) override { flags_.AddTo(app); }
  Result<void> Run(const Console& console) override;

 private:
  ServeSettings settings_;
  SettingFlags flags_{ServeTable(settings_)};
};

}  // namespace tritontube::app
