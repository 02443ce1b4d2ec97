#include "durability/power_cut.h"

#include <fstream>
#include <map>
#include <optional>
#include <random>
#include <ranges>
#include <sstream>
#include <string>
#include <vector>

namespace tritontube::durability {

namespace {

namespace fs = std::filesystem;

struct Renaming {
  std::string from;
  std::string to;
  std::string replaced;  // Where the file that was there is kept; "-" for none.
};

// What the journal tells about names and sizes, read from its start.
class Replay {
 public:
  void Read(const fs::path& journal) {
    std::ifstream file(journal);
    for (std::string line; std::getline(file, line);) {
      if (!file.eof()) Apply(line);
    }
  }

  // The names that are lost, the renamings that are, and the sizes that are
  // sure, of files that were made or synced since the journal began.
  std::map<std::string, bool> made;  // And whether its folder was synced since.
  std::map<std::string, std::uintmax_t> synced_sizes;
  std::vector<Renaming> renamings;

 private:
  void Apply(const std::string& line) {
    std::istringstream words(line);
    std::string kind;
    std::string path;
    words >> kind;
    if (kind == "made" && words >> path) {
      made[path] = false;
      synced_sizes[path] = 0;
    } else if (std::uintmax_t size = 0; kind == "synced" && words >> size >> path) {
      synced_sizes[path] = size;
    } else if (kind == "folder" && words >> path) {
      SyncFolder(path);
    } else if (Renaming renaming;
               kind == "renamed" && words >> renaming.from >> renaming.to >> renaming.replaced) {
      renamings.push_back(renaming);
      Move(renaming.from, renaming.to);
    }
  }

  void SyncFolder(const std::string& folder) {
    for (auto& [path, durable] : made) {
      if (fs::path(path).parent_path() == folder) durable = true;
    }
    std::erase_if(renamings, [&](const Renaming& renaming) {
      if (fs::path(renaming.to).parent_path() != folder) return false;
      fs::remove(renaming.replaced);
      return true;
    });
  }

  void Move(const std::string& from, const std::string& to) {
    if (const auto name = made.extract(from)) made[to] = name.mapped();
    if (const auto size = synced_sizes.extract(from)) synced_sizes[to] = size.mapped();
  }
};

}  // namespace

void CutPower(const fs::path& journal, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Replay replay;
  replay.Read(journal);
  for (const auto& [path, size] : replay.synced_sizes) {
    std::error_code error;
    const std::uintmax_t written = fs::file_size(path, error);
    if (error || written <= size) continue;  // Deleted, or all of it is durable.
    const bool keeps_a_part = random() % 2 == 0;
    fs::resize_file(path, size + (keeps_a_part ? random() % (written - size) : 0));
  }
  for (const auto& [path, durable] : replay.made) {
    if (!durable) fs::remove(path);
  }
  for (const Renaming& renaming : std::views::reverse(replay.renamings)) {
    std::error_code error;
    fs::rename(renaming.to, renaming.from, error);
    if (renaming.replaced != "-") fs::rename(renaming.replaced, renaming.to);
  }
  fs::remove(journal);
}

}  // namespace tritontube::durability
