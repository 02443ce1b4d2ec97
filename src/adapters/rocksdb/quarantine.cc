#include "adapters/rocksdb/quarantine.h"

#include "foundation/telemetry/log.h"

namespace tritontube::rocksdb {

void Quarantine::Add(const std::string& head_key, std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    if (!head_keys_.insert(head_key).second) return;
    ++count_;
  }
  const auto key = ParseHeadKey(head_key);
  const std::string blob = key ? blob::ToText(*key) : "an unreadable key";
  telemetry::Log(telemetry::Level::kError, "rot found: stored bytes are damaged, not served",
                 {{"video", key ? key->video.text() : ""}, {"blob", blob}, {"detail", reason}});
}

bool Quarantine::Contains(const std::string& head_key) const {
  const std::lock_guard lock(mutex_);
  return head_keys_.contains(head_key);
}

void Quarantine::Remove(const std::string& head_key) {
  const std::lock_guard lock(mutex_);
  head_keys_.erase(head_key);
}

void Quarantine::Remove(const KeyRange& keys) {
  const std::lock_guard lock(mutex_);
  head_keys_.erase(head_keys_.lower_bound(keys.begin), head_keys_.lower_bound(keys.end));
}

std::vector<blob::BlobKey> Quarantine::keys() const {
  const std::lock_guard lock(mutex_);
  std::vector<blob::BlobKey> keys;
  for (const std::string& head_key : head_keys_) {
    if (auto key = ParseHeadKey(head_key)) keys.push_back(*std::move(key));
  }
  return keys;
}

std::uint64_t Quarantine::count() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace tritontube::rocksdb
