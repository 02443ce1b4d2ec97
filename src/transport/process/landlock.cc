#include "transport/process/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "transport/process/file_descriptor.h"

namespace tritontube::process {

namespace {

// The kernel's headers of Debian 12 know the second version; these are later.
struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;
  std::uint64_t handled_access_net = 0;  // Version 4.
  std::uint64_t scoped = 0;              // Version 6.
};
constexpr std::uint64_t kTruncate = 1U << 14U;              // Version 3.
constexpr std::uint64_t kBindAndConnectTcp = 0b11;          // Version 4.
constexpr std::uint64_t kDeviceControl = 1U << 15U;         // Version 5.
constexpr std::uint64_t kAbstractSocketsAndSignals = 0b11;  // Version 6.
constexpr std::uint64_t kFirstVersionAccess = (1U << 13U) - 1;

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kExecute = kRead | LANDLOCK_ACCESS_FS_EXECUTE;

std::uint64_t HandledFileAccess(long version) {
  std::uint64_t access = kFirstVersionAccess;
  if (version >= 2) access |= LANDLOCK_ACCESS_FS_REFER;
  if (version >= 3) access |= kTruncate;
  if (version >= 5) access |= kDeviceControl;
  return access;
}

Result<FileDescriptor> CreateRuleset(long version) {
  RulesetAttributes attributes = {.handled_access_fs = HandledFileAccess(version)};
  std::size_t size = sizeof(attributes.handled_access_fs);
  if (version >= 4) {
    attributes.handled_access_net = kBindAndConnectTcp;
    size += sizeof(attributes.handled_access_net);
  }
  if (version >= 6) {
    attributes.scoped = kAbstractSocketsAndSignals;
    size += sizeof(attributes.scoped);
  }
  FileDescriptor ruleset(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, size, 0)));
  if (!ruleset.valid()) return FailWithErrno("landlock_create_ruleset");
  return ruleset;
}

Result<void> Allow(const FileDescriptor& ruleset, const std::string& path, std::uint64_t access) {
  const FileDescriptor place(::open(path.c_str(), O_PATH | O_CLOEXEC));
  if (!place.valid()) return FailWithErrno(path);
  struct stat status = {};
  if (::fstat(place.get(), &status) != 0) return FailWithErrno(path);
  // The kernel refuses rights of folders on a file.
  constexpr std::uint64_t kOfFiles = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |
                                     LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate | kDeviceControl;
  if (!S_ISDIR(status.st_mode)) access &= kOfFiles;
  const landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = place.get()};
  if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
    return FailWithErrno(path);
  }
  return {};
}

}  // namespace

Result<void> RestrictFileAccess(const FileAccess& access) {
  const long version =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (version < 1) {
    return Fail(ErrorCode::kUnimplemented,
                "this kernel has no Landlock, which keeps a child process away from other files: "
                "use Linux 5.13 or later and start it with lsm=landlock,... ");
  }
  TT_ASSIGN_OR_RETURN(const FileDescriptor ruleset, CreateRuleset(version));
  for (const std::string& path : access.programs) {
    if (::access(path.c_str(), F_OK) != 0) continue;
    TT_RETURN_IF_ERROR(Allow(ruleset, path, kExecute));
  }
  for (const std::string& path : access.read_only) {
    TT_RETURN_IF_ERROR(Allow(ruleset, path, kRead));
  }
  const std::uint64_t write =
      HandledFileAccess(version) & ~std::uint64_t{LANDLOCK_ACCESS_FS_EXECUTE};
  for (const std::string& path : access.read_write) {
    TT_RETURN_IF_ERROR(Allow(ruleset, path, write));
  }
  if (::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0) {
    return FailWithErrno("landlock_restrict_self");
  }
  return {};
}

}  // namespace tritontube::process
