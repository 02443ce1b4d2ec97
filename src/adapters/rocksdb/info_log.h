#pragma once

#include <rocksdb/env.h>

#include <cstdarg>

#include "adapters/rocksdb/database.h"

namespace tritontube::rocksdb {

// Takes what RocksDB has to say into our log. Its own logger writes a file beside
// the data, and after a write to it has failed on a full disk the next one ends
// the process (an assertion, which Debian's build has).
class InfoLog final : public rdb::Logger {
 public:
  InfoLog() : Logger(rdb::WARN_LEVEL) {}

  using Logger::Logv;
  void Logv(rdb::InfoLogLevel level, const char* format, va_list arguments) override;
};

}  // namespace tritontube::rocksdb
