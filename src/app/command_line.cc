#include "app/command_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "base/printable.h"
#include "foundation/config/nearest.h"

namespace tritontube::app {

namespace {

constexpr int kUsageError = 2;

std::string Normalised(std::string_view argument) {
  const bool single_dash_long = argument.size() > 2 && argument[0] == '-' && argument[1] >= 'a' &&
                                argument[1] <= 'z' && argument[2] != '=';
  return single_dash_long ? "-" + std::string(argument) : std::string(argument);
}

// CLI11 takes the arguments from the last to the first.
std::vector<std::string> ReversedArguments(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  bool positional_only = false;
  for (int i = 1; i < argc; ++i) {
    arguments.push_back(positional_only ? argv[i] : Normalised(argv[i]));
    positional_only = positional_only || std::string_view(argv[i]) == "--";
  }
  std::ranges::reverse(arguments);
  return arguments;
}

int Report(const Error& error, const Console& console) {
  fmt::print(console.err, "tritontube: {}\n", error.message());
  return error.code() == ErrorCode::kInvalidArgument ? kUsageError : 1;
}

std::vector<std::string> NamesOf(const std::vector<CLI::Option*>& options) {
  std::vector<std::string> names;
  for (const CLI::Option* option : options) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// What CLI11 could not place: a flag or a word too many.
Result<void> RefuseExtras(CLI::App& app) {
  std::vector<std::string> extras = app.remaining();
  // What says that only names follow is left over too.
  std::erase(extras, "--");
  if (extras.empty()) return {};
  const std::string& word = extras.front();
  const std::string flag = word.substr(0, word.find('='));
  if (!word.starts_with('-')) {
    return Fail(ErrorCode::kInvalidArgument, "{}: \"{}\" is one word too many; see --help",
                app.get_name(), Printable(word));
  }
  return Fail(ErrorCode::kInvalidArgument, "{}: there is no option {}{}; see --help",
              app.get_name(), Printable(flag),
              config::DidYouMean(flag, NamesOf(app.get_options())));
}

Result<void> RefuseUnknownCommand(const CLI::App& app) {
  const std::vector<std::string> extras = app.remaining();
  if (extras.empty()) {
    return Fail(ErrorCode::kInvalidArgument,
                "say what to do, such as tritontube serve; see --help");
  }
  std::vector<std::string> names;
  for (const CommandEntry& entry : Commands()) names.emplace_back(entry.name);
  return Fail(ErrorCode::kInvalidArgument, "there is no command {}{}; see --help",
              Printable(extras.front()), config::DidYouMean(extras.front(), names));
}

// The whole command line: every command with what it adds.
class CommandLine {
 public:
  CommandLine() {
    app_.set_version_flag("--version", std::string("tritontube ") + TRITONTUBE_VERSION);
    app_.require_subcommand(0, 1);
    app_.allow_extras();
    for (const CommandEntry& entry : Commands()) {
      auto& [command, part] = commands_.emplace_back(
          entry.make(), app_.add_subcommand(std::string(entry.name), std::string(entry.summary)));
      part->allow_extras();
      command->AddOptions(*part);
    }
  }

  int Run(int argc, const char* const* argv, const Console& console) {
    try {
      app_.parse(ReversedArguments(argc, argv));
    } catch (const CLI::ParseError& error) {
      return Answer(error, console);
    }
    const Result<void> done = RunSelected(console);
    return done ? 0 : Report(done.error(), console);
  }

 private:
  // Help and version, which are "errors" of CLI11 too, or what is wrong.
  int Answer(const CLI::ParseError& error, const Console& console) {
    std::ostringstream out;
    std::ostringstream err;
    if (app_.exit(error, out, err) == 0) {
      fmt::print(console.out, "{}", std::move(out).str());
      return 0;
    }
    return Report(Error(ErrorCode::kInvalidArgument, fmt::format("{}; see --help", error.what())),
                  console);
  }

  Result<void> RunSelected(const Console& console) {
    for (const auto& [command, part] : commands_) {
      if (!part->parsed()) continue;
      TT_RETURN_IF_ERROR(RefuseExtras(*part));
      return command->Run(console);
    }
    return RefuseUnknownCommand(app_);
  }

  CLI::App app_{"TritonTube: upload videos, watch them adaptively.", "tritontube"};
  std::vector<std::pair<std::unique_ptr<Command>, CLI::App*>> commands_;
};

}  // namespace

int RunCommandLine(int argc, const char* const* argv, const Console& console) {
  return CommandLine().Run(argc, argv, console);
}

}  // namespace tritontube::app
