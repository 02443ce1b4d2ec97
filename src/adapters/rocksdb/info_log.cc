#include "adapters/rocksdb/info_log.h"

#include <array>
#include <cstdio>

#include "foundation/telemetry/log.h"

namespace tritontube::rocksdb {

namespace {

constexpr std::size_t kLineBytesMax = 1024;

// What it calls a warning is of no use to an operator, and some come at every start.
telemetry::Level LevelOf(rdb::InfoLogLevel level) {
  return level >= rdb::ERROR_LEVEL ? telemetry::Level::kWarning : telemetry::Level::kDebug;
}

}  // namespace

void InfoLog::Logv(rdb::InfoLogLevel level, const char* format, va_list arguments) {
  if (level < GetInfoLogLevel()) return;
  std::array<char, kLineBytesMax> line{};
  std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string_view text(line.data());
  if (text.ends_with('\n')) text.remove_suffix(1);
  telemetry::Log(LevelOf(level), "the blob engine says", {{"detail", text}});
}

}  // namespace tritontube::rocksdb
