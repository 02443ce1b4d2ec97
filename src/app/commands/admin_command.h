#pragma once

#include <string>
#include <vector>

#include "app/commands/command.h"

namespace tritontube::app {

// admin VERB ADDRESS [NODE...]: asks the admin listener of a web server.
class AdminCommand final : public Command {
 public:
  void AddOptions(CLI::App& app) override;
  Result<void> Run(const Console& console) override;

 private:
  std::string verb_;
  std::string address_;
  std::vector<std::string> nodes_;
  bool dead_ = false;
  bool accepts_loss_ = false;
  std::string wait_ = "10m";
  bool json_ = false;
};

}  // namespace tritontube::app
