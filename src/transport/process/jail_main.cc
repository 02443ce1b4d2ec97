#include "transport/process/jail_main.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/ioprio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <span>
#include <string>
#include <vector>

#include "transport/process/file_descriptor.h"
#include "transport/process/jail_arguments.h"
#include "transport/process/landlock.h"
#include "transport/process/system_calls.h"

namespace tritontube::process {

namespace {

constexpr int kExitJailFailed = 125;

Result<void> SetLimit(__rlimit_resource resource, rlim_t value, std::string_view name) {
  // Soft equals hard: a program could catch the soft limit's signal.
  const rlimit limit = {.rlim_cur = value, .rlim_max = value};
  if (::setrlimit(resource, &limit) != 0) return FailWithErrno(name);
  return {};
}

Result<void> DieWithParent(const JailCommand& command) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return FailWithErrno("PR_SET_PDEATHSIG");
  // It may have died before the line above.
  if (::getppid() != command.parent_process_id) {
    return Fail(ErrorCode::kCancelled, "the parent process has ended");
  }
  return {};
}

Result<void> CloseOtherDescriptors(const JailCommand& command) {
  std::vector<int> kept = command.kept_descriptors;
  kept.insert(kept.end(), {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO, command.status_descriptor});
  std::ranges::sort(kept);
  unsigned first = 0;
  for (const int descriptor : kept) {
    const auto number = static_cast<unsigned>(descriptor);
    if (number > first && ::close_range(first, number - 1, 0) != 0) return FailWithErrno("close");
    first = number + 1;
  }
  if (::close_range(first, ~0U, 0) != 0) return FailWithErrno("close");
  return {};
}

// The last of those who share the disks: whoever watches comes first. What it runs has it, too.
// A courtesy, which keeps nobody from working where the kernel does not know it.
void ReadAndWriteLast() {
  constexpr int kLowest = 7;
  static_cast<void>(::syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0,
                              IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, kLowest)));
}

FileAccess AllowedFiles(const Jail& jail) {
  FileAccess access = {
      .programs = {"/usr", "/lib", "/lib64", "/bin", "/etc/alternatives", "/etc/ld.so.cache"},
      .read_only = jail.read_only_paths,
      .read_write = jail.read_write_paths};
  access.read_only.emplace_back("/dev/urandom");
  access.read_write.emplace_back("/dev/null");
  return access;
}

Result<void> RestrictFiles(const Jail& jail) {
  Result<void> restricted = RestrictFileAccess(AllowedFiles(jail));
  if (!restricted && restricted.error().code() == ErrorCode::kUnimplemented &&
      !jail.require_landlock) {
    return {};
  }
  return restricted;
}

// The order matters: what allocates or opens files comes before the limit on
// address space and files, what needs a system call before that is refused.
Result<void> Enter(const JailCommand& command) {
  const Jail& jail = command.jail;
  TT_RETURN_IF_ERROR(DieWithParent(command));
  TT_RETURN_IF_ERROR(CloseOtherDescriptors(command));
  if (::fcntl(command.status_descriptor, F_SETFD, FD_CLOEXEC) != 0) return FailWithErrno("status");
  if (::chdir(command.working_directory.c_str()) != 0) {
    return FailWithErrno(command.working_directory);
  }
  ::umask(S_IRWXG | S_IRWXO);
  errno = 0;  // -1 may be the niceness.
  if (::nice(jail.nice) == -1 && errno != 0) return FailWithErrno("nice");
  ReadAndWriteLast();
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return FailWithErrno("PR_SET_NO_NEW_PRIVS");
  TT_RETURN_IF_ERROR(RestrictFiles(jail));
  TT_RETURN_IF_ERROR(SetLimit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
  TT_RETURN_IF_ERROR(SetLimit(RLIMIT_CPU, static_cast<rlim_t>(jail.cpu_max.count()), "RLIMIT_CPU"));
  TT_RETURN_IF_ERROR(SetLimit(RLIMIT_FSIZE, jail.file_size_max, "RLIMIT_FSIZE"));
  TT_RETURN_IF_ERROR(
      SetLimit(RLIMIT_NOFILE, static_cast<rlim_t>(jail.open_files_max), "RLIMIT_NOFILE"));
  TT_RETURN_IF_ERROR(RestrictSystemCalls());
  return {};
}

// Returns only when it failed.
Result<void> Become(const JailCommand& command, std::span<char*> arguments) {
  std::vector<char*> program(arguments.end() - static_cast<int>(command.arguments.size()),
                             arguments.end());
  program.push_back(nullptr);
  TT_RETURN_IF_ERROR(Enter(command));
  TT_RETURN_IF_ERROR(SetLimit(RLIMIT_AS, command.jail.address_space_max, "RLIMIT_AS"));
  ::execve(program.front(), program.data(), environ);
  return FailWithErrno(program.front());
}

int Report(int descriptor, const Error& error) {
  const std::string text = fmt::format("{} {}", static_cast<int>(error.code()), error.message());
  // Nobody is left to tell when this fails too.
  static_cast<void>(!::write(descriptor, text.data(), text.size()));
  return kExitJailFailed;
}

}  // namespace

int JailMain(int argc, char** argv) {
  const std::span<char*> arguments(argv, static_cast<std::size_t>(argc));
  const std::vector<std::string_view> order(arguments.begin() + std::min(argc, 1), arguments.end());
  const Result<JailCommand> command = ParseJailCommand(order);
  if (!command) return Report(STDERR_FILENO, command.error());
  return Report(command->status_descriptor, Become(*command, arguments).error());
}

}  // namespace tritontube::process
