#include "durability/small_disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iterator>

namespace tritontube::durability {

namespace {

bool Runs(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

}  // namespace

SmallDisk::SmallDisk() : path_(folder_.path() / "disk") {
  std::filesystem::create_directory(path_);
}

std::unique_ptr<SmallDisk> SmallDisk::Mount(ByteCount size) {
  std::unique_ptr<SmallDisk> disk(new SmallDisk);
  const std::string image = (disk->folder_.path() / "image").string();
  const std::string path = disk->path_.string();
  // No blocks that only root may use: the last byte shall be the last one.
  const bool is_ext4 = Runs(fmt::format("truncate -s {} '{}'", size, image)) &&
                       Runs(fmt::format("mkfs.ext4 -q -F -m 0 '{}'", image)) &&
                       Runs(fmt::format("mount -o loop '{}' '{}'", image, path));
  if (!is_ext4 && !Runs(fmt::format("mount -t tmpfs -o size={} tmpfs '{}'", size, path))) {
    return nullptr;
  }
  disk->kind_ = is_ext4 ? "ext4 on a loop device" : "tmpfs (no loop device could be mounted)";
  return disk;
}

SmallDisk::~SmallDisk() {
  if (!kind_.empty() && !Runs(fmt::format("umount '{}'", path_.string()))) {
    Runs(fmt::format("umount -l '{}'", path_.string()));
  }
}

ByteCount SmallDisk::free_bytes() const {
  struct statvfs disk{};
  ::statvfs(path_.c_str(), &disk);
  return ByteCount{disk.f_bavail} * disk.f_frsize;
}

void SmallDisk::FillToTheLastByte() {
  const std::string name = (path_ / fmt::format("filler-{}", fillers_++)).string();
  const int file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return;  // Not even a name fits: it is full.
  // Large pieces first; others may take and give meanwhile. What they give, to
  // have room for deleting, is not taken from them.
  const auto end = static_cast<off_t>(free_bytes());
  off_t at = 0;
  for (const off_t piece : std::to_array<off_t>({64 << 20, 1 << 20, 64 << 10, 4096})) {
    while (at + piece <= end && ::posix_fallocate(file, at, piece) == 0) at += piece;
  }
  const std::array<char, 4096> bytes{};
  while (at < end && ::pwrite(file, bytes.data(), bytes.size(), at) > 0) at += std::ssize(bytes);
  ::close(file);
}

void SmallDisk::Drain() {
  while (fillers_ > 0) {
    std::error_code error;
    std::filesystem::remove(path_ / fmt::format("filler-{}", --fillers_), error);
  }
}

}  // namespace tritontube::durability
