#include "app/commands/config_command.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/printable.h"

namespace tritontube::app {

namespace {

using OrderedJson = nlohmann::ordered_json;

std::string_view ToString(config::Origin::Kind kind) {
  switch (kind) {
    case config::Origin::Kind::kDefault:
      return "default";
    case config::Origin::Kind::kFile:
      return "file";
    case config::Origin::Kind::kEnvironment:
      return "environment";
    case config::Origin::Kind::kFlag:
      return "flag";
  }
  return "";
}

std::string AsJson(const std::vector<config::Effective>& effective) {
  OrderedJson all = OrderedJson::array();
  for (const config::Effective& one : effective) {
    all.push_back({{"name", one.setting->name},
                   {"value", one.value},
                   {"default", one.default_value},
                   {"origin", ToString(one.origin.kind)},
                   {"place", one.origin.place},
                   {"environment", one.setting->EnvironmentName()},
                   {"meaning", one.setting->meaning}});
  }
  return all.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

// Columns as wide as what is in them; the last one is free.
std::string AsTable(const std::vector<config::Effective>& effective) {
  std::vector<std::array<std::string, 4>> rows{{"SETTING", "VALUE", "ORIGIN", "MEANING"}};
  for (const config::Effective& one : effective) {
    rows.push_back({one.setting->name, one.value.empty() ? "-" : Printable(one.value),
                    one.origin.place, one.setting->meaning});
  }
  std::array<std::size_t, 3> widths{};
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {}\n", row[0], widths[0], row[1], widths[1],
                        row[2], widths[2], row[3]);
  }
  return text;
}

}  // namespace

void ConfigCommand::AddOptions(CLI::App& app) {
  flags_.AddTo(app);
  app.add_flag("--json", json_, "Write JSON");
}

Result<void> ConfigCommand::Run(const Console& console) {
  TT_ASSIGN_OR_RETURN(const auto effective, flags_.Resolve(console.environment));
  fmt::print(console.out, "{}", json_ ? AsJson(effective) : AsTable(effective));
  return {};
}

}  // namespace tritontube::app
