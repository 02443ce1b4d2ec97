#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "support/temporary_folder.h"

namespace tritontube::durability {

// A disk of our own, small enough to be filled: ext4 on a loop device, or, where
// that cannot be mounted, a tmpfs of that size, which knows of full disks but not
// of what survives one. Needs the right to mount.
class SmallDisk {
 public:
  // Nothing when neither can be mounted.
  static std::unique_ptr<SmallDisk> Mount(ByteCount size);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const std::string& kind() const { return kind_; }
  ByteCount free_bytes() const;

  // Takes every byte that is left, as somebody else's files would.
  void FillToTheLastByte();
  // Gives them back.
  void Drain();

 private:
  SmallDisk();

  support::TemporaryFolder folder_;
  std::filesystem::path path_;
  std::string kind_;
  int fillers_ = 0;
};

}  // namespace tritontube::durability
