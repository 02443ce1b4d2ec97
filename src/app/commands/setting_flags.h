#pragma once

#include <string>
#include <vector>

#include "app/commands/command.h"
#include "foundation/config/resolve.h"

namespace tritontube::app {

// Makes a table of settings out of a command line: every row is a flag, beside
// --config for the file.
class SettingFlags {
 public:
  explicit SettingFlags(std::vector<config::Setting> table) : table_(std::move(table)) {}
  SettingFlags(const SettingFlags&) = delete;
  SettingFlags& operator=(const SettingFlags&) = delete;

  void AddTo(CLI::App& app);
  // After the command line was read. Fills what the table refers to.
  Result<std::vector<config::Effective>> Resolve(const config::Environment& environment) const;

 private:
  const std::vector<config::Setting> table_;
  std::vector<config::Given> flags_;
  std::string config_file_;
};

}  // namespace tritontube::app
