#include "adapters/rocksdb/disk_listener.h"

#include "foundation/telemetry/log.h"

namespace tritontube::rocksdb {

void DiskListener::OnBackgroundError(rdb::BackgroundErrorReason /*reason*/, rdb::Status* error) {
  if (error->IsCorruption()) {
    telemetry::Log(telemetry::Level::kError, "rot found: background work met damaged data",
                   {{"detail", error->ToString()}});
    return;
  }
  if (!IsFullOrDie(*error)) return;
  // With paranoid_checks off RocksDB would try the flush again for ever and
  // keep its caller waiting. A hard error makes the caller return, and the
  // store decide.
  *error = rdb::Status(*error, rdb::Status::Severity::kHardError);
}

}  // namespace tritontube::rocksdb
