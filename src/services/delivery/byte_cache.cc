#include "services/delivery/byte_cache.h"

namespace tritontube::delivery {

std::optional<CachedFile> ByteCache::Find(const std::string& key) {
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.index.find(key);
  ++(found == shard.index.end() ? shard.misses : shard.hits);
  if (found == shard.index.end()) return std::nullopt;
  shard.entries.splice(shard.entries.begin(), shard.entries, found->second);
  return found->second->file;
}

void ByteCache::Insert(const std::string& key, const CachedFile& file) {
  if (!Keeps(file.bytes.size())) return;
  Shard& shard = ShardOf(key);
  const std::lock_guard lock(shard.mutex);
  if (shard.index.contains(key)) return;
  shard.entries.push_front({key, file});
  shard.index.emplace(shard.entries.front().key, shard.entries.begin());
  shard.size += file.bytes.size();
  while (shard.size > shard_capacity_) {
    const Entry& oldest = shard.entries.back();
    shard.size -= oldest.file.bytes.size();
    shard.index.erase(oldest.key);
    shard.entries.pop_back();
  }
}

CacheCounts ByteCache::counts() const {
  CacheCounts counts;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    counts.hits += shard.hits;
    counts.misses += shard.misses;
    counts.bytes += shard.size;
  }
  return counts;
}

}  // namespace tritontube::delivery
