#pragma once

#include "core/blob/blob_store.h"
#include "crash/steps.h"
#include "support/forwarding_coordination.h"

// The two seams, with every write a step at which the process may die.
namespace tritontube::crash {

class MortalCoordination final : public support::ForwardingCoordination {
 public:
  MortalCoordination(coordination::Coordination& engine, Steps& steps)
      : ForwardingCoordination(engine), steps_(steps) {}

  async::Task<Result<coordination::TxnAnswer>> Commit(coordination::Txn txn,
                                                      Deadline deadline) override;

 private:
  Steps& steps_;
};

class MortalBlobStore final : public blob::BlobStore {
 public:
  MortalBlobStore(blob::BlobStore& engine, Steps& steps) : engine_(engine), steps_(steps) {}

  async::Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) override;
  async::Task<Result<void>> RemoveUpload(VideoId video, UploadId upload,
                                         Deadline deadline) override;

  async::Task<Result<blob::Bytes>> Get(blob::BlobKey key, blob::ByteRange range,
                                       Deadline deadline) override {
    return engine_.Get(std::move(key), range, deadline);
  }
  async::Task<Result<blob::Bytes>> GetWhole(blob::BlobKey key, Deadline deadline) override {
    return engine_.GetWhole(std::move(key), deadline);
  }
  async::Task<Result<blob::BlobStat>> Stat(blob::BlobKey key, Deadline deadline) override {
    return engine_.Stat(std::move(key), deadline);
  }
  async::Task<Result<blob::ScanPage>> Scan(blob::ScanRequest request, Deadline deadline) override {
    return engine_.Scan(std::move(request), deadline);
  }
  async::Task<Result<blob::StoreStatus>> Status(Deadline deadline) override {
    return engine_.Status(deadline);
  }

 private:
  blob::BlobStore& engine_;
  Steps& steps_;
};

}  // namespace tritontube::crash
