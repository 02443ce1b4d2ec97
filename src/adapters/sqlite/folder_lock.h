#pragma once

#include <filesystem>
#include <utility>

#include "base/error.h"

namespace tritontube::sqlite {

// Says that this process has a folder for itself, until it goes or the process
// dies: flock(2) on the file LOCK in it. The file stays and means nothing by
// itself.
class FolderLock {
 public:
  // Creates the folder when it is missing. kFailedPrecondition when another
  // process, or another object, has it.
  static Result<FolderLock> Take(const std::filesystem::path& folder);

  FolderLock(FolderLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FolderLock& operator=(FolderLock&&) = delete;
  ~FolderLock();

 private:
  explicit FolderLock(int file) : file_(file) {}

  int file_;
};

// Makes the names in `folder`, and its own name, durable.
Result<void> SyncFolder(const std::filesystem::path& folder);

}  // namespace tritontube::sqlite
