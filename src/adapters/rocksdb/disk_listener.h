#pragma once

#include <rocksdb/listener.h>

#include <atomic>

#include "adapters/rocksdb/database.h"

namespace tritontube::rocksdb {

// Hears of errors of flushes, compactions and the log, on RocksDB's threads.
class DiskListener final : public rdb::EventListener {
 public:
  void OnBackgroundError(rdb::BackgroundErrorReason reason, rdb::Status* error) override;
};

}  // namespace tritontube::rocksdb
