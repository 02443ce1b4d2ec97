#include "adapters/sqlite/folder_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>

namespace tritontube::sqlite {

namespace {

std::string ErrnoText() { return std::generic_category().message(errno); }

// Whom to stop; empty when the file does not say.
std::string OwnerOf(int file) {
  std::array<char, 32> text{};
  const ssize_t size = ::pread(file, text.data(), text.size(), 0);
  if (size <= 0) return "";
  return fmt::format(" (process {})", std::string(text.data(), static_cast<std::size_t>(size)));
}

void WriteOwner(int file) {
  const std::string text = std::to_string(::getpid());
  if (::ftruncate(file, 0) != 0) return;  // Only the message of the next one is poorer.
  if (::pwrite(file, text.data(), text.size(), 0) < 0) return;
}

Result<void> SyncOne(const std::filesystem::path& folder) {
  const int file = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0)
    return Fail(ErrorCode::kUnavailable, "opening {}: {}", folder.string(), ErrnoText());
  const bool synced = ::fsync(file) == 0;
  const std::string why = ErrnoText();
  ::close(file);
  if (!synced) return Fail(ErrorCode::kUnavailable, "syncing {}: {}", folder.string(), why);
  return {};
}

}  // namespace

FolderLock::~FolderLock() {
  if (file_ >= 0) ::close(file_);
}

Result<FolderLock> FolderLock::Take(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    return Fail(ErrorCode::kFailedPrecondition, "the folder {} cannot be made: {}", folder.string(),
                failed.message());
  }
  const std::filesystem::path name = folder / "LOCK";
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) {
    return Fail(ErrorCode::kFailedPrecondition, "{} cannot be opened: {}", name.string(),
                ErrnoText());
  }
  FolderLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    return Fail(ErrorCode::kFailedPrecondition,
                "the folder {} is in use by another TritonTube{}: stop that one, or choose another "
                "folder with --data",
                folder.string(), OwnerOf(file));
  }
  WriteOwner(file);
  return lock;
}

Result<void> SyncFolder(const std::filesystem::path& folder) {
  const std::filesystem::path whole = std::filesystem::absolute(folder).lexically_normal();
  TT_RETURN_IF_ERROR(SyncOne(whole));
  return SyncOne(whole.has_filename() ? whole.parent_path() : whole.parent_path().parent_path());
}

}  // namespace tritontube::sqlite
