#pragma once

#include <filesystem>
#include <string>

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

// The bytes of a file, none when it cannot be read.
std::string TextOf(const std::filesystem::path& file);

// False on tmpfs and ramfs.
bool IsOnDisk(const std::filesystem::path& path);

}  // namespace tritontube::support
