#include "adapters/rocksdb/rocksdb_blob_store.h"
#include "core/blob/conformance_suite.h"
#include "support/temporary_folder.h"

namespace tritontube::blob {
namespace {

class RocksdbUnderTest final : public StoreUnderTest {
 public:
  explicit RocksdbUnderTest(ByteCount record_bytes) {
    auto opened = rocksdb::RocksdbBlobStore::Open(
        folder_.path(),
        {.record_bytes = record_bytes, .free_bytes_min = 0, .reserve_bytes = 1U << 20U});
    TT_ASSERT(opened.has_value(), "{}", opened.error().message());
    store_ = *std::move(opened);
  }
  BlobStore& store() override { return *store_; }

 private:
  support::TemporaryFolder folder_;
  std::unique_ptr<rocksdb::RocksdbBlobStore> store_;
};

ConformanceEngine EngineOf(std::string name, ByteCount record_bytes) {
  return {.name = std::move(name),
          .make = [record_bytes] { return std::make_unique<RocksdbUnderTest>(record_bytes); },
          .boundaries = {record_bytes, 16U << 10U}};
}

INSTANTIATE_TEST_SUITE_P(Rocksdb, BlobStoreConformance,
                         testing::Values(EngineOf("Rocksdb", 256U << 10U),
                                         EngineOf("RocksdbOfShortRecords", 10'000)),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace tritontube::blob
