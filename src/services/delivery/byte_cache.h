#pragma once

#include <array>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/blob/bytes.h"

namespace tritontube::delivery {

struct CacheCounts {
  std::uint64_t hits = 0;  // Since the start.
  std::uint64_t misses = 0;
  ByteCount bytes = 0;  // At the moment.
};

// A file as it is sent.
struct CachedFile {
  blob::Bytes bytes;  // Hold nothing in memory but what they show.
  std::string etag;
};

// The segments asked for most recently, up to a number of bytes. What is put in
// never changes under its key, so nothing ever needs to be invalidated; what
// belongs to a deleted video is simply not asked for again.
//
// Safe to use from any thread: the keys are spread over shards with a lock each.
class ByteCache {
 public:
  explicit ByteCache(ByteCount capacity_bytes) : shard_capacity_(capacity_bytes / kShardCount) {}

  std::optional<CachedFile> Find(const std::string& key);
  // A file that is larger than a shard is not kept.
  bool Keeps(ByteCount size) const { return size <= shard_capacity_; }
  void Insert(const std::string& key, const CachedFile& file);

  CacheCounts counts() const;

 private:
  static constexpr std::size_t kShardCount = 16;
  struct Entry {
    std::string key;
    CachedFile file;
  };
  struct Shard {
    mutable std::mutex mutex;
    std::list<Entry> entries;  // The most recently used first.
    std::unordered_map<std::string_view, std::list<Entry>::iterator> index;
    ByteCount size = 0;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };

  Shard& ShardOf(const std::string& key) {
    return shards_[std::hash<std::string>{}(key) % kShardCount];
  }

  const ByteCount shard_capacity_;
  std::array<Shard, kShardCount> shards_;
};

}  // namespace tritontube::delivery
