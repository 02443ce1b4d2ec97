#pragma once

#include <filesystem>

namespace tritontube::support {

// An empty folder on a real disk, gone with its content when this ends. Lies
// under $TMPDIR, or /var/tmp when /tmp is in memory: what a test says about
// durability means nothing there.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// False on tmpfs and ramfs.
bool IsOnDisk(const std::filesystem::path& path);

}  // namespace tritontube::support
