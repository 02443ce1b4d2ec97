#include "durability/ledger.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "base/assert.h"

namespace tritontube::durability {

Ledger::Ledger(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {
  TT_ASSERT(descriptor_ >= 0, "{} cannot be written", path.string());
}

Ledger::~Ledger() { ::close(descriptor_); }

Ledger::Content Ledger::Read(const std::filesystem::path& path) {
  Content content;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (file.eof()) break;  // Cut short: what it says was not acknowledged.
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    Entry entry;
    int upload = 0;
    if (kind == "put" && words >> entry.number >> entry.size >> entry.upload) {
      content.entries.push_back(entry);
      content.next_number = std::max(content.next_number, entry.number + 1);
    } else if (kind == "removing" && words >> upload) {
      content.removals[upload] = Removal::kBegun;
    } else if (kind == "removed" && words >> upload) {
      content.removals[upload] = Removal::kDone;
    } else if (kind == "verified") {
      for (Entry& known : content.entries) known.verified = true;
    }
  }
  return content;
}

void Ledger::AddPuts(const std::vector<Entry>& entries) {
  std::string lines;
  for (const Entry& entry : entries) {
    lines += fmt::format("put {} {} {}\n", entry.number, entry.size, entry.upload);
  }
  lines.pop_back();
  AddLine(lines);
}

void Ledger::AddLine(const std::string& line) {
  const std::lock_guard lock(mutex_);
  const std::string text = line + "\n";
  const bool written = ::write(descriptor_, text.data(), text.size()) == std::ssize(text);
  TT_ASSERT(written && ::fdatasync(descriptor_) == 0, "the ledger cannot be written");
}

}  // namespace tritontube::durability
