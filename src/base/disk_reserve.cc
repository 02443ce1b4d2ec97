#include "base/disk_reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <system_error>

namespace tritontube {

bool DiskReserve::Keep() const {
  std::error_code error;
  if (std::filesystem::file_size(file_, error) == size_ && !error) return true;
  const int file = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return false;
  const bool taken = ::posix_fallocate(file, 0, static_cast<off_t>(size_)) == 0;
  ::close(file);
  if (!taken) GiveUp();
  return taken;
}

bool DiskReserve::GiveUp() const {
  std::error_code error;
  return std::filesystem::remove(file_, error);
}

ByteCount DiskReserve::free_bytes() const {
  std::error_code error;
  const std::filesystem::space_info space = std::filesystem::space(file_.parent_path(), error);
  return error ? 0 : space.available;
}

}  // namespace tritontube
