#pragma once

#include "app/commands/setting_flags.h"
#include "app/settings.h"

namespace tritontube::app {

// web [OPTION...] etcd "HOST:PORT,..." nw "ADMIN,NODE,...": the original's words.
class WebCommand final : public Command {
 public:
  void AddOptions(CLI::App& app) override;
  Result<void> Run(const Console& console) override;

 private:
  WebSettings settings_;
  SettingFlags flags_{WebTable(settings_)};
  std::vector<std::string> words_;
};

// What the words behind the options say, into `settings`. kInvalidArgument says what is wrong
// with which.
Result<void> ReadWords(const std::vector<std::string>& words, WebSettings& settings);

}  // namespace tritontube::app
