#include "support/temporary_folder.h"

#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/assert.h"

namespace tritontube::support {

namespace {

std::filesystem::path Parent() {
  const std::filesystem::path preferred = std::filesystem::temp_directory_path();
  return IsOnDisk(preferred) ? preferred : std::filesystem::path("/var/tmp");
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  std::string name = Parent() / "tritontube-test-XXXXXX";
  TT_ASSERT(::mkdtemp(name.data()) != nullptr, "no folder can be made like {}", name);
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string TextOf(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

bool IsOnDisk(const std::filesystem::path& path) {
  struct statfs disk{};
  TT_ASSERT(::statfs(path.c_str(), &disk) == 0, "{} cannot be examined", path.string());
  return disk.f_type != TMPFS_MAGIC && disk.f_type != RAMFS_MAGIC;
}

}  // namespace tritontube::support
