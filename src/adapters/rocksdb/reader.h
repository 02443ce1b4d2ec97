#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/rocksdb/database.h"
#include "adapters/rocksdb/quarantine.h"
#include "adapters/rocksdb/record_format.h"
#include "core/blob/blob_store.h"

namespace tritontube::rocksdb {

// Reading, all of it blocking. What does not match its checksum is put into
// quarantine and answered with kCorrupt.

// Where a blob is and how it is cut.
struct FoundHead {
  rdb::ColumnFamilyHandle* family = nullptr;
  Head head;
};
// Nothing when the blob is not stored.
Result<std::optional<FoundHead>> FindHead(const Database& database, Quarantine& quarantine,
                                          const std::string& head_key,
                                          const rdb::Snapshot* snapshot = nullptr);

// The whole blob when there is no range.
Result<blob::Bytes> ReadBlob(const Database& database, Quarantine& quarantine,
                             const blob::BlobKey& key, std::optional<blob::ByteRange> range);
Result<blob::BlobStat> ReadStat(const Database& database, Quarantine& quarantine,
                                const blob::BlobKey& key);
// Those in quarantine that are stored still.
Result<std::vector<blob::BlobKey>> ReadDamaged(const Database& database, Quarantine& quarantine);
// Where a blob is to be written anew: in front of what is left of it, also of its head.
rdb::ColumnFamilyHandle* FamilyToHealIn(const Database& database, Quarantine& quarantine,
                                        const std::string& head_key);
Result<blob::ScanPage> ReadPage(const Database& database, Quarantine& quarantine,
                                const blob::ScanRequest& request);

}  // namespace tritontube::rocksdb
