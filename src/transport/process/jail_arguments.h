#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "transport/process/jail.h"

// How a parent tells its jail helper what to do: one argument per fact, so that
// nothing needs escaping and `ps` shows the jail.
namespace tritontube::process {

// The first argument of a program that is to call JailMain().
inline constexpr std::string_view kJailVerb = "__jail";

struct JailCommand {
  Jail jail;
  // The process that wants the child; it has died when the helper's parent is
  // another one.
  int parent_process_id = 0;
  // The helper writes here why it failed; closed without a byte on success.
  int status_descriptor = 0;
  std::vector<int> kept_descriptors;  // Beside 0, 1 and 2.
  std::string working_directory;
  std::vector<std::string> arguments;  // Of the program; the first is its absolute path.
};

// From kJailVerb on.
std::vector<std::string> EncodeJailCommand(const JailCommand& command);

// Reverses EncodeJailCommand(). Errors: kInvalidArgument for any other text.
Result<JailCommand> ParseJailCommand(std::span<const std::string_view> arguments);

}  // namespace tritontube::process
