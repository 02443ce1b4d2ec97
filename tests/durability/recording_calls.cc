#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "durability/power_cut.h"

// The C library's calls that make files durable, or change names, replaced by
// ones that do the same and write a line into the journal. Being in the program
// itself, they are found before the C library's, by librocksdb too.
namespace {

using tritontube::durability::kForgottenSyncVariable;
using tritontube::durability::kJournalVariable;
using tritontube::durability::kWatchedFolderVariable;

std::string_view Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool IsWatched(std::string_view path) {
  const std::string_view folder = Variable(kWatchedFolderVariable);
  return !folder.empty() && path.starts_with(folder);
}

// One write() for each line, so lines of several threads do not mix; SIGKILL
// does not take back what was written.
void Note(const std::string& line) {
  static const int kJournal = static_cast<int>(
      ::syscall(SYS_openat, AT_FDCWD, std::string(Variable(kJournalVariable)).c_str(),
                O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
  const std::string text = line + "\n";
  if (::write(kJournal, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    std::abort();
  }
}

std::string PathOf(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t length = ::readlink(link.c_str(), path, sizeof(path));
  return length < 0 ? std::string() : std::string(path, static_cast<std::size_t>(length));
}

int Open(int directory, const char* path, int flags, mode_t mode) {
  const bool makes = (flags & O_CREAT) != 0 && IsWatched(path) && ::access(path, F_OK) != 0;
  const int descriptor = static_cast<int>(::syscall(SYS_openat, directory, path, flags, mode));
  if (makes && descriptor >= 0) Note("made " + std::string(path));
  return descriptor;
}

int Sync(int descriptor, long call) {
  const std::string path = PathOf(descriptor);
  struct stat before{};
  ::fstat(descriptor, &before);
  const int result = static_cast<int>(::syscall(call, descriptor));
  const std::string_view forgotten = Variable(kForgottenSyncVariable);
  const bool counts = forgotten.empty() || path.find(forgotten) == std::string::npos;
  if (result != 0 || !IsWatched(path) || !counts) return result;
  // Bytes that were added while the sync ran may not be part of it.
  if (S_ISDIR(before.st_mode)) {
    Note("folder " + path);
  } else {
    Note("synced " + std::to_string(before.st_size) + " " + path);
  }
  return result;
}

}  // namespace

// NOLINTBEGIN(readability-identifier-naming,cert-dcl50-cpp): names of the C library
extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return Open(AT_FDCWD, path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return Open(AT_FDCWD, path, flags, mode);
}

int fsync(int descriptor) { return Sync(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return Sync(descriptor, SYS_fdatasync); }

int rename(const char* from, const char* to) noexcept {
  // A second name keeps the file that is replaced, in case the renaming is lost.
  const std::string kept = std::string(Variable(kJournalVariable)) + ".kept-" +
                           std::to_string(::getpid()) + "-" + std::to_string(::random());
  const bool replaces = IsWatched(to) && ::link(to, kept.c_str()) == 0;
  const int result = static_cast<int>(::syscall(SYS_rename, from, to));
  if (result == 0 && IsWatched(to)) {
    Note("renamed " + std::string(from) + " " + to + " " + (replaces ? kept : "-"));
  }
  return result;
}

}  // extern "C"
// NOLINTEND(readability-identifier-naming,cert-dcl50-cpp)
