#pragma once

#include <atomic>
#include <functional>

#include "adapters/rocksdb/database.h"
#include "adapters/rocksdb/quarantine.h"

namespace tritontube::rocksdb {

// Reads every record, also what only RocksDB's own checksums cover. A record
// whose bytes are intact is written again, because something around them is
// not; one whose bytes are damaged goes into quarantine and is deleted, so that
// rewriting its blob file can succeed. `write` runs a write while nobody else
// writes. Returns soon once `cancelled`.
using RunWrite = std::function<void(const std::function<rdb::Status()>&)>;
void Scrub(const Database& database, Quarantine& quarantine, const std::atomic<bool>& cancelled,
           const RunWrite& write);

}  // namespace tritontube::rocksdb
