#pragma once

#include <rocksdb/env.h>

#include <memory>

namespace tritontube::rocksdb {

// `base`, nullptr for the real one, except that no table is begun for which the disk has no room
// even when nothing is put into it. RocksDB 7.8 (CompactionState::SmallestUserKey) ends the process
// when the writing of a table fails into which a compaction has put nothing, which is what remains
// of removed blobs. Any thread.
std::unique_ptr<::rocksdb::Env> WithRoomForTables(::rocksdb::Env* base);

}  // namespace tritontube::rocksdb
