#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace tritontube::durability {

// What a store acknowledged, kept outside of it: a line for each fact, fsynced
// before anything else happens. Bytes are not kept; they follow from the number.
//
//   put <number> <size> <upload>    this blob was acknowledged
//   removing <upload>               from here on its blobs may be gone
//   removed <upload>                and from here on they must be
//   verified                        all lines above were read back
class Ledger {
 public:
  explicit Ledger(const std::filesystem::path& path);
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  struct Entry {
    std::uint64_t number = 0;
    ByteCount size = 0;
    int upload = 0;
    bool verified = false;
  };
  enum class Removal : std::uint8_t { kBegun, kDone };
  struct Content {
    std::vector<Entry> entries;
    std::map<int, Removal> removals;
    std::uint64_t next_number = 0;
  };
  static Content Read(const std::filesystem::path& path);

  void AddPuts(const std::vector<Entry>& entries);
  void AddLine(const std::string& line);

 private:
  std::mutex mutex_;
  int descriptor_;
};

}  // namespace tritontube::durability
