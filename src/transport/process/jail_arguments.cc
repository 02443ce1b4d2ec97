#include "transport/process/jail_arguments.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <limits>

namespace tritontube::process {

namespace {

constexpr std::string_view kProgramFollows = "--";
constexpr int kDescriptorMax = 1023;

std::unexpected<Error> Malformed(std::string_view argument) {
  return Fail(ErrorCode::kInvalidArgument, "'{}' is not an order to the jail", argument);
}

template <typename Number>
bool ReadNumber(std::string_view text, Number least, Number most, Number& number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end && number >= least && number <= most;
}

bool ReadPath(std::string_view text, std::string& path) {
  path = text;
  return text.starts_with('/');
}

// False for a name or a value that is not ours.
bool ReadFact(std::string_view name, std::string_view value, JailCommand& command) {
  constexpr std::uint64_t kBytesMax = std::numeric_limits<std::int64_t>::max();
  constexpr int kIntMax = std::numeric_limits<int>::max();
  Jail& jail = command.jail;
  if (name == "as") return ReadNumber<ByteCount>(value, 0, kBytesMax, jail.address_space_max);
  if (name == "fsize") return ReadNumber<ByteCount>(value, 0, kBytesMax, jail.file_size_max);
  if (name == "nofile") return ReadNumber(value, 1, kIntMax, jail.open_files_max);
  if (name == "nice") return ReadNumber(value, -20, 19, jail.nice);
  if (name == "parent") return ReadNumber(value, 1, kIntMax, command.parent_process_id);
  if (name == "status") return ReadNumber(value, 3, kDescriptorMax, command.status_descriptor);
  if (name == "cwd") return ReadPath(value, command.working_directory);
  if (name == "ro") return ReadPath(value, jail.read_only_paths.emplace_back());
  if (name == "rw") return ReadPath(value, jail.read_write_paths.emplace_back());
  if (name == "keep") {
    return ReadNumber(value, 3, kDescriptorMax, command.kept_descriptors.emplace_back());
  }
  int number = 0;
  if (name == "cpu") {
    if (!ReadNumber(value, 1, kIntMax, number)) return false;
    jail.cpu_max = std::chrono::seconds(number);
    return true;
  }
  if (name == "landlock") {
    if (!ReadNumber(value, 0, 1, number)) return false;
    jail.require_landlock = number == 1;
    return true;
  }
  return false;
}

}  // namespace

std::vector<std::string> EncodeJailCommand(const JailCommand& command) {
  const Jail& jail = command.jail;
  std::vector<std::string> arguments = {std::string(kJailVerb),
                                        fmt::format("as={}", jail.address_space_max),
                                        fmt::format("cpu={}", jail.cpu_max.count()),
                                        fmt::format("fsize={}", jail.file_size_max),
                                        fmt::format("nofile={}", jail.open_files_max),
                                        fmt::format("nice={}", jail.nice),
                                        fmt::format("landlock={}", jail.require_landlock ? 1 : 0),
                                        fmt::format("parent={}", command.parent_process_id),
                                        fmt::format("status={}", command.status_descriptor),
                                        fmt::format("cwd={}", command.working_directory)};
  for (const std::string& path : jail.read_only_paths) arguments.push_back("ro=" + path);
  for (const std::string& path : jail.read_write_paths) arguments.push_back("rw=" + path);
  for (const int kept : command.kept_descriptors) arguments.push_back(fmt::format("keep={}", kept));
  arguments.emplace_back(kProgramFollows);
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  return arguments;
}

Result<JailCommand> ParseJailCommand(std::span<const std::string_view> arguments) {
  if (arguments.empty() || arguments.front() != kJailVerb) return Malformed("");
  JailCommand command;
  std::size_t next = 1;
  for (; next < arguments.size() && arguments[next] != kProgramFollows; ++next) {
    const std::string_view argument = arguments[next];
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) return Malformed(argument);
    if (!ReadFact(argument.substr(0, equals), argument.substr(equals + 1), command)) {
      return Malformed(argument);
    }
  }
  for (++next; next < arguments.size(); ++next) command.arguments.emplace_back(arguments[next]);
  if (command.arguments.empty() || !command.arguments.front().starts_with('/')) {
    return Fail(ErrorCode::kInvalidArgument, "the program to jail is not an absolute path");
  }
  if (command.parent_process_id == 0 || command.status_descriptor == 0 ||
      command.working_directory.empty()) {
    return Fail(ErrorCode::kInvalidArgument, "the order to the jail is not complete");
  }
  return command;
}

}  // namespace tritontube::process
