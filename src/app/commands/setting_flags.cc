#include "app/commands/setting_flags.h"

#include <fstream>
#include <iterator>

#include "base/printable.h"
#include "foundation/config/toml_file.h"

namespace tritontube::app {

namespace {

constexpr std::string_view kConfigVariable = "TRITONTUBE_CONFIG";
// A settings file is a page; what is a thousand times that was named by mistake.
constexpr std::size_t kConfigBytesMax = std::size_t{1} << 20U;

Result<std::string> ReadConfigFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kConfigBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() || file.bad()) {
    return Fail(ErrorCode::kInvalidArgument,
                "--config {}: the file cannot be read, or is larger than 1 MiB; name a TOML file "
                "of settings",
                Printable(path));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

void SettingFlags::AddTo(CLI::App& app) {
  for (const config::Setting& setting : table_) {
    app.add_option_function<std::string>(
           "--" + setting.name,
           [this, &setting](const std::string& text) {
             flags_.push_back(config::FromFlag(setting.name, text));
           },
           setting.meaning)
        ->type_name(setting.placeholder)
        ->default_str(setting.text())
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  app.add_option("--config", config_file_, "File of settings, in TOML")->type_name("PATH");
  app.footer(
      "Each can also be given in the environment, --upload-bytes-max as "
      "TRITONTUBE_UPLOAD_BYTES_MAX, "
      "and in the file of\n--config, as upload-bytes-max = \"10GiB\". Flags win over the "
      "environment, and that over the file.");
}

Result<std::vector<config::Effective>> SettingFlags::Resolve(
    const config::Environment& environment) const {
  const std::string path =
      config_file_.empty() ? environment(std::string(kConfigVariable)).value_or("") : config_file_;
  config::Sources sources{.flags = flags_, .environment = environment, .file = {}};
  if (!path.empty()) {
    TT_ASSIGN_OR_RETURN(const std::string text, ReadConfigFile(path));
    TT_ASSIGN_OR_RETURN(sources.file, config::ParseToml(text, Printable(path)));
  }
  return config::Resolve(table_, sources);
}

}  // namespace tritontube::app
