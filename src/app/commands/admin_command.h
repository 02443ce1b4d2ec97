#pragma once

#include "app/commands/command.h"

namespace tritontube::app {

// admin list|status ADDRESS: asks the admin listener of a web server.
class AdminCommand final : public Command {
 public:
  void AddOptions(CLI::App& app) override;
  Result<void> Run(const Console& console) override;

 private:
  std::string verb_;
  std::string address_;
  bool json_ = false;
};

}  // namespace tritontube::app
