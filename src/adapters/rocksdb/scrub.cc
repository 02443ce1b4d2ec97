#include "adapters/rocksdb/scrub.h"

#include <memory>

#include "adapters/rocksdb/reader.h"

namespace tritontube::rocksdb {

namespace {

rdb::Status Read(const Database& database, rdb::ColumnFamilyHandle* family, const std::string& key,
                 bool verify, rdb::PinnableSlice& value) {
  rdb::ReadOptions options;
  options.verify_checksums = verify;
  options.fill_cache = false;
  return database.db().Get(options, family, key, &value);
}

bool IsDamaged(const Database& database, rdb::ColumnFamilyHandle* family, const std::string& key) {
  rdb::PinnableSlice value;
  return Read(database, family, key, true, value).IsCorruption();
}

// Looks again, because the record may have been written anew meanwhile.
rdb::Status RewriteOrDrop(const Database& database, Quarantine& quarantine,
                          rdb::ColumnFamilyHandle* family, const std::string& head_key,
                          const std::string& key) {
  if (!IsDamaged(database, family, key)) return rdb::Status::OK();
  rdb::PinnableSlice value;
  const bool is_intact = Read(database, family, key, false, value).ok() &&
                         VerifyRecord(key, value.ToStringView()).has_value();
  if (is_intact) return database.db().Put(rdb::WriteOptions(), family, key, value);
  quarantine.Add(head_key, "a record does not match its checksum");
  return database.db().Delete(rdb::WriteOptions(), family, key);
}

}  // namespace

void Scrub(const Database& database, Quarantine& quarantine, const std::atomic<bool>& cancelled,
           const RunWrite& write) {
  blob::ScanRequest request{.limit = 100};
  for (bool more = true; more && !cancelled;) {
    const Result<blob::ScanPage> page = ReadPage(database, quarantine, request);
    if (!page) return;
    for (const blob::ScanItem& item : page->items) {
      const std::string head_key = HeadKey(item.key);
      const auto found = FindHead(database, quarantine, head_key);
      if (!found || !*found) continue;
      const FoundHead& head = **found;
      for (std::uint32_t number = 0; number < head.head.record_count() && !cancelled; ++number) {
        const std::string key = RecordKey(head_key, number);
        if (!IsDamaged(database, head.family, key)) continue;
        write([&] { return RewriteOrDrop(database, quarantine, head.family, head_key, key); });
      }
    }
    more = page->more;
    if (!page->items.empty()) request.after = page->items.back().key;
  }
}

}  // namespace tritontube::rocksdb
