#include "adapters/local_files/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace tritontube::local_files {

std::unexpected<Error> FailWithErrno(const std::filesystem::path& path) {
  if (errno == ENOSPC || errno == EDQUOT) {
    return Fail(ErrorCode::kResourceExhausted, "{}: the disk is full: make room and try again",
                path.string());
  }
  return process::FailWithErrno(path.string());
}

Result<void> Rename(const std::filesystem::path& from, const std::filesystem::path& to,
                    Overwrite overwrite) {
  const unsigned flags = overwrite == Overwrite::kNo ? RENAME_NOREPLACE : 0;
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return {};
  if (errno == EEXIST) {
    return Fail(ErrorCode::kAlreadyExists, "{} is there already", to.string());
  }
  // Some file systems (FAT, many of FUSE) cannot rename without replacing.
  if (errno == EINVAL && flags != 0) {
    std::error_code failed;
    if (std::filesystem::exists(to, failed)) {
      return Fail(ErrorCode::kAlreadyExists, "{} is there already", to.string());
    }
    return Rename(from, to, Overwrite::kYes);
  }
  return FailWithErrno(to);
}

namespace {

Result<process::FileDescriptor> OpenFolder(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder.empty() ? "." : folder;
  process::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file.valid()) return FailWithErrno(path);
  return file;
}

}  // namespace

Result<void> SyncFolder(const std::filesystem::path& folder) {
  TT_ASSIGN_OR_RETURN(const process::FileDescriptor file, OpenFolder(folder));
  if (::fsync(file.get()) != 0) return FailWithErrno(folder);
  return {};
}

Result<process::FileDescriptor> LockFolder(const std::filesystem::path& folder) {
  TT_ASSIGN_OR_RETURN(process::FileDescriptor file, OpenFolder(folder));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return FailWithErrno(folder);
  return Fail(ErrorCode::kFailedPrecondition,
              "another TritonTube is at work in {}: wait for it, or name another folder",
              folder.string());
}

}  // namespace tritontube::local_files
