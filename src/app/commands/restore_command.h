#pragma once

#include "app/commands/command.h"
#include "app/restore.h"

namespace tritontube::app {

class RestoreCommand final : public Command {
 public:
  void AddOptions(CLI::App& app) override;
  Result<void> Run(const Console& console) override;

 private:
  std::string backup_;
  std::string data_;
  bool json_ = false;
};

}  // namespace tritontube::app
