#include <gtest/gtest.h>

#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "foundation/telemetry/log.h"
#include "support/temporary_folder.h"

namespace tritontube::rocksdb {
namespace {

// Whoever starts a server for the first time would look for what is wrong.
TEST(RocksdbStart, WarnsOfNothingInAFolderThatIsNew) {
  const support::TemporaryFolder folder;
  const telemetry::LogCapture log;
  const auto opened = RocksdbBlobStore::Open(folder.path() / "blobs",
                                             {.free_bytes_min = 0, .reserve_bytes = 1U << 20U});
  ASSERT_TRUE(opened.has_value()) << opened.error().message();
  EXPECT_EQ(log.Find({" warn "}), "");
  EXPECT_EQ(log.Find({" error "}), "");
}

}  // namespace
}  // namespace tritontube::rocksdb
