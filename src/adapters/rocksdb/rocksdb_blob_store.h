#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"
#include "base/queue_load.h"
#include "core/blob/local_blob_store.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

// The local engine of the BlobStore seam.
namespace tritontube::rocksdb {

struct RocksdbOptions {
  // Batches of at least this many bytes skip the write-ahead log and are made
  // durable by a flush, so that their bytes are written once; smaller ones go
  // through the log, which is cheaper than a flush.
  ByteCount bulk_bytes_min = ByteCount{8} << 20U;
  // How many bytes of a blob share a checksum. Kept with each blob, so it may
  // change between two starts.
  ByteCount record_bytes = ByteCount{256} << 10U;
  // Puts beyond this many bytes wait until earlier ones are durable.
  ByteCount put_bytes_in_flight_max = ByteCount{256} << 20U;
  std::size_t read_threads = 8;
  std::size_t read_queue_max = 1024;
  // Puts are refused while the disk has less than this.
  ByteCount free_bytes_min = ByteCount{512} << 20U;
  // A file that is given up first when the disk is full nevertheless, so that
  // deleting always has room to work in.
  ByteCount reserve_bytes = ByteCount{256} << 20U;
  // Bytes of removed blobs that share a file with living ones are taken back
  // once they are more than this part of all bytes.
  double garbage_fraction_max = 0.1;
  // Where tests put broken disks; nullptr is the real one.
  ::rocksdb::Env* env = nullptr;
};

// Blobs in a folder of the local disk, in RocksDB. docs/formats.md has the
// layout, docs/adr/0003 the reasons.
//
// What Put() acknowledged has been fsynced. A failed write or fsync other than
// "disk full" ends the process: what the disk holds is then unknown, and only a
// start that reads it again can tell. A full disk makes the store read-only
// until there is room again. A damaged blob is kCorrupt; its neighbours are
// served on.
//
// Deadlines are looked at before work starts; a disk operation under way is
// waited for.
class RocksdbBlobStore final : public blob::LocalBlobStore {
 public:
  // Takes the folder for itself, making it when it is missing.
  // kFailedPrecondition when another process has it or a newer release wrote
  // it, kDataLoss when it is damaged; the message says what to do.
  static Result<std::unique_ptr<RocksdbBlobStore>> Open(const std::filesystem::path& folder,
                                                        const RocksdbOptions& options = {});
  // Whether there is a store, in whatever state. kUnavailable when that cannot be seen.
  static Result<bool> IsMade(const std::filesystem::path& folder);
  // Requires: no call is under way. Bytes that were handed out stay valid.
  ~RocksdbBlobStore() override;
  RocksdbBlobStore(const RocksdbBlobStore&) = delete;
  RocksdbBlobStore& operator=(const RocksdbBlobStore&) = delete;

  async::Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) override;
  async::Task<Result<blob::Bytes>> Get(blob::BlobKey key, blob::ByteRange range,
                                       Deadline deadline) override;
  async::Task<Result<blob::Bytes>> GetWhole(blob::BlobKey key, Deadline deadline) override;
  async::Task<Result<blob::BlobStat>> Stat(blob::BlobKey key, Deadline deadline) override;
  // Durable when it returns; the disk has its space back soon afterwards.
  async::Task<Result<void>> RemoveUpload(VideoId video, UploadId upload,
                                         Deadline deadline) override;
  async::Task<Result<void>> Remove(std::vector<blob::BlobKey> keys, Deadline deadline) override;
  async::Task<Result<std::vector<blob::BlobKey>>> Damaged(Deadline deadline) override;
  void MarkDamaged(const blob::BlobKey& key, std::string_view why) override;
  async::Task<Result<blob::ScanPage>> Scan(blob::ScanRequest request, Deadline deadline) override;
  async::Task<Result<blob::StoreStatus>> Status(Deadline deadline) override;

  // What waits for the disk, and the bytes of puts that are not durable yet.
  std::vector<NamedQueueLoad> queues() const;

  // What removed blobs still take of the disk.
  async::Task<Result<ByteCount>> GarbageBytes(Deadline deadline);

  // Blocks until the space of everything removed so far is back on the disk.
  // For tests and benchmarks, from a thread that runs no coroutines.
  void WaitUntilSpaceIsBack();

 private:
  class Impl;
  explicit RocksdbBlobStore(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace tritontube::rocksdb
