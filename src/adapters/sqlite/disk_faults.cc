#include "adapters/sqlite/disk_faults.h"

#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>

namespace tritontube::sqlite {

DiskFaults& Disk() {
  static DiskFaults disk;
  return disk;
}

namespace {

// True when the call must fail, with errno set.
bool Fails(const std::atomic<int>& error) {
  const int code = error;
  if (code == 0) return false;
  ++Disk().failed_count;
  errno = code;
  return true;
}

}  // namespace
}  // namespace tritontube::sqlite

// NOLINTBEGIN(readability-identifier-naming): the names are those of the C library.
extern "C" ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t offset) {
  if (tritontube::sqlite::Fails(tritontube::sqlite::Disk().write_error)) return -1;
  return ::syscall(SYS_pwrite64, file, bytes, size, offset);
}

extern "C" int fdatasync(int file) {
  auto& disk = tritontube::sqlite::Disk();
  ++disk.sync_count;
  disk.hold_syncs.wait(true);
  if (tritontube::sqlite::Fails(disk.sync_error)) return -1;
  return static_cast<int>(::syscall(SYS_fdatasync, file));
}
// NOLINTEND(readability-identifier-naming)
