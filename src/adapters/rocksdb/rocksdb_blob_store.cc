#include "adapters/rocksdb/rocksdb_blob_store.h"

#include "adapters/rocksdb/engine.h"
#include "adapters/rocksdb/reader.h"
#include "adapters/rocksdb/writer.h"
#include "base/assert.h"
#include "foundation/async/blocking_pool.h"
#include "foundation/async/semaphore.h"

namespace tritontube::rocksdb {

namespace {

// What a put weighs at least, so that the bound on bytes bounds their number.
constexpr ByteCount kPutWeightMin = ByteCount{64} << 10U;
constexpr std::size_t kPrepareThreads = 2;
constexpr std::size_t kRemovesQueuedMax = 1024;

Result<void> CheckDeadline(Deadline deadline) {
  if (!deadline.HasPassed()) return {};
  return Fail(ErrorCode::kDeadlineExceeded, "the deadline had passed before the disk was asked");
}

}  // namespace

class RocksdbBlobStore::Impl {
 public:
  explicit Impl(std::unique_ptr<Engine> engine)
      : engine_(std::move(engine)),
        writer_(*engine_),
        put_bytes_(engine_->options().put_bytes_in_flight_max),
        reads_(engine_->options().read_threads, engine_->options().read_queue_max),
        prepares_(kPrepareThreads, PutsMax()),
        writes_(1, PutsMax() + kRemovesQueuedMax) {}

  async::Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) {
    TT_CO_RETURN_IF_ERROR(CheckDeadline(deadline));
    TT_CO_RETURN_IF_ERROR(blob::CheckBatch(batch));
    if (batch.empty()) co_return Result<void>{};
    ByteCount weight = kPutWeightMin;
    for (const blob::Blob& blob : batch) weight += blob.bytes.size();
    const Result<async::Semaphore::Permit> permit = co_await put_bytes_.Acquire(weight, deadline);
    if (!permit) co_return std::unexpected(permit.error());

    std::optional<PendingPut> put;
    const Result<void> prepared = co_await prepares_.Run([&]() -> Result<void> {
      TT_RETURN_IF_ERROR(CheckDeadline(deadline));
      put.emplace(std::move(batch), engine_->options().record_bytes, deadline);
      return {};
    });
    if (!prepared) co_return prepared;
    writer_.Queue(*put);
    // Never refused, so what is queued is committed: permits bound the puts.
    co_return co_await writes_.Run([&]() -> Result<void> {
      writer_.Commit(*put);
      return *put->result;
    });
  }

  async::Task<Result<void>> Remove(std::vector<KeyRange> ranges, Deadline deadline) {
    co_return co_await writes_.Run([&]() -> Result<void> {
      TT_RETURN_IF_ERROR(CheckDeadline(deadline));
      return writer_.Remove(ranges);
    });
  }

  // Calls `read` with the database and the quarantine on a reading thread.
  template <typename T, typename Function>
  async::Task<Result<T>> Read(Deadline deadline, Function read) {
    TT_CO_RETURN_IF_ERROR(CheckDeadline(deadline));
    co_return co_await reads_.Run([&]() -> Result<T> {
      TT_RETURN_IF_ERROR(CheckDeadline(deadline));
      return engine_->Use(
          [&](const Database& database) { return read(database, engine_->quarantine()); });
    });
  }

  async::Task<Result<blob::StoreStatus>> Status(Deadline deadline) {
    TT_CO_RETURN_IF_ERROR(CheckDeadline(deadline));
    co_return co_await reads_.Run([&] { return engine_->Status(); });
  }

  std::vector<NamedQueueLoad> queues() const {
    return {{"store_put_bytes", {put_bytes_.in_use(), put_bytes_.capacity()}},
            {"store_reads", {reads_.pending(), engine_->options().read_queue_max}},
            {"store_prepares", {prepares_.pending(), PutsMax()}},
            {"store_writes", {writes_.pending(), PutsMax() + kRemovesQueuedMax}}};
  }

  async::Task<Result<ByteCount>> GarbageBytes(Deadline deadline) {
    TT_CO_RETURN_IF_ERROR(CheckDeadline(deadline));
    co_return co_await reads_.Run([&]() -> Result<ByteCount> { return engine_->MeasureGarbage(); });
  }

  Engine& engine() { return *engine_; }

 private:
  std::size_t PutsMax() const {
    return engine_->options().put_bytes_in_flight_max / kPutWeightMin + 1;
  }

  const std::unique_ptr<Engine> engine_;
  Writer writer_;
  async::Semaphore put_bytes_;
  async::BlockingPool reads_;
  async::BlockingPool prepares_;
  async::BlockingPool writes_;
};

RocksdbBlobStore::RocksdbBlobStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
RocksdbBlobStore::~RocksdbBlobStore() = default;

Result<std::unique_ptr<RocksdbBlobStore>> RocksdbBlobStore::Open(
    const std::filesystem::path& folder, const RocksdbOptions& options) {
  TT_ASSIGN_OR_RETURN(std::unique_ptr<Engine> engine, Engine::Open(folder, options));
  return std::unique_ptr<RocksdbBlobStore>(
      new RocksdbBlobStore(std::make_unique<Impl>(std::move(engine))));
}

Result<bool> RocksdbBlobStore::IsMade(const std::filesystem::path& folder) {
  return Folder::IsMade(folder);
}

async::Task<Result<void>> RocksdbBlobStore::Put(std::vector<blob::Blob> batch, Deadline deadline) {
  return impl_->Put(std::move(batch), deadline);
}

async::Task<Result<blob::Bytes>> RocksdbBlobStore::Get(blob::BlobKey key, blob::ByteRange range,
                                                       Deadline deadline) {
  co_return co_await impl_->Read<blob::Bytes>(
      deadline, [&](const Database& database, Quarantine& quarantine) {
        return ReadBlob(database, quarantine, key, range);
      });
}

async::Task<Result<blob::Bytes>> RocksdbBlobStore::GetWhole(blob::BlobKey key, Deadline deadline) {
  co_return co_await impl_->Read<blob::Bytes>(
      deadline, [&](const Database& database, Quarantine& quarantine) {
        return ReadBlob(database, quarantine, key, std::nullopt);
      });
}

async::Task<Result<blob::BlobStat>> RocksdbBlobStore::Stat(blob::BlobKey key, Deadline deadline) {
  co_return co_await impl_->Read<blob::BlobStat>(
      deadline, [&](const Database& database, Quarantine& quarantine) {
        return ReadStat(database, quarantine, key);
      });
}

async::Task<Result<void>> RocksdbBlobStore::RemoveUpload(VideoId video, UploadId upload,
                                                         Deadline deadline) {
  return impl_->Remove({KeysOf(video, upload)}, deadline);
}

async::Task<Result<void>> RocksdbBlobStore::Remove(std::vector<blob::BlobKey> keys,
                                                   Deadline deadline) {
  TT_ASSERT(keys.size() <= blob::kKeysPerRemovalMax, "{} keys at once", keys.size());
  std::vector<KeyRange> ranges;
  ranges.reserve(keys.size());
  for (const blob::BlobKey& key : keys) {
    ranges.push_back({.begin = HeadKey(key), .end = KeyBehind(key)});
  }
  return impl_->Remove(std::move(ranges), deadline);
}

async::Task<Result<std::vector<blob::BlobKey>>> RocksdbBlobStore::Damaged(Deadline deadline) {
  co_return co_await impl_->Read<std::vector<blob::BlobKey>>(deadline, ReadDamaged);
}

void RocksdbBlobStore::MarkDamaged(const blob::BlobKey& key, std::string_view why) {
  impl_->engine().quarantine().Add(HeadKey(key), why);
}

async::Task<Result<blob::ScanPage>> RocksdbBlobStore::Scan(blob::ScanRequest request,
                                                           Deadline deadline) {
  co_return co_await impl_->Read<blob::ScanPage>(
      deadline, [&](const Database& database, Quarantine& quarantine) {
        return ReadPage(database, quarantine, request);
      });
}

async::Task<Result<blob::StoreStatus>> RocksdbBlobStore::Status(Deadline deadline) {
  return impl_->Status(deadline);
}

std::vector<NamedQueueLoad> RocksdbBlobStore::queues() const { return impl_->queues(); }

async::Task<Result<ByteCount>> RocksdbBlobStore::GarbageBytes(Deadline deadline) {
  return impl_->GarbageBytes(deadline);
}

void RocksdbBlobStore::WaitUntilSpaceIsBack() { impl_->engine().space_keeper().WaitUntilIdle(); }

}  // namespace tritontube::rocksdb
