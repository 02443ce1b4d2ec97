#include <cstdlib>
#include <string_view>

#include "app/command_line.h"
#include "transport/process/jail_arguments.h"
#include "transport/process/jail_main.h"

namespace {

std::optional<std::string> FromEnvironment(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace

int main(int argc, char** argv) {
  // The jail runs in a fresh process of this very binary, so there is nothing
  // else to install or to find.
  if (argc > 1 && std::string_view(argv[1]) == tritontube::process::kJailVerb) {
    return tritontube::process::JailMain(argc, argv);
  }
  return tritontube::app::RunCommandLine(argc, argv, {.environment = FromEnvironment});
}
