#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/rocksdb/record_format.h"

namespace tritontube::rocksdb {

// The blobs in which damage was met since the start, each logged and counted
// once. Putting the same bytes again heals one. Any thread.
//
// In memory only: what is read is checked each time, so that a restart serves no
// damage. Only healing needs to know a blob as damaged, and after a restart does
// so when somebody has read it: both scrubs remember what they have found and
// read that first.
class Quarantine {
 public:
  void Add(const std::string& head_key, std::string_view reason);
  bool Contains(const std::string& head_key) const;
  // They were written anew, or removed.
  void Remove(const std::string& head_key);
  void Remove(const KeyRange& keys);
  std::vector<blob::BlobKey> keys() const;
  // Mismatches met, whether healed since or not.
  std::uint64_t count() const;

 private:
  mutable std::mutex mutex_;
  std::set<std::string> head_keys_;
  std::uint64_t count_ = 0;
};

}  // namespace tritontube::rocksdb
