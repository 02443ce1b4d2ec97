#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/blob/local_blob_store.h"
#include "domain/membership/node_record.h"
#include "domain/scrubbing/scrub_state.h"
#include "simulation/context.h"
#include "simulation/pulse.h"

namespace tritontube::simulation {

inline constexpr ByteCount kCapacity = ByteCount{1} << 40U;

// What a node's disk has. Outlives the node's processes; what was written and not synced may be
// gone after a crash.
class Platter {
 public:
  explicit Platter(Context& context) : context_(context) {}

  struct Stored {
    std::string bytes;
    blob::Digest digest;
    SteadyTime durable_at;  // Until then a crash may take it.
    bool rotten = false;    // Does not match its checksum.
    bool mends = false;     // Was written over a rotten one, which is there until it is durable.
  };

  // How much longer everything takes.
  void SetSlowness(int factor) { slowness_ = factor; }
  std::chrono::milliseconds TimeOf(std::chrono::milliseconds most) {
    return context_.Between(std::chrono::milliseconds(0), most) * slowness_;
  }

  // Writes the batch, to be durable at that time. Of what is there already, the time when it is:
  // only what is known to be damaged is written anew.
  Result<SteadyTime> Write(const std::vector<blob::Blob>& batch, SteadyTime durable_at,
                           const std::set<blob::BlobKey>& damaged);
  // Whatever its bytes are by now.
  Result<const Stored*> Find(const blob::BlobKey& key) const;
  Result<const Stored*> Read(const blob::BlobKey& key) const;
  void RemoveUpload(const VideoId& video, const UploadId& upload);
  void Remove(const std::vector<blob::BlobKey>& keys);
  // Told before an upload is removed of which something is stored.
  using OnUploadRemoved = std::function<void(const VideoId&, const UploadId&)>;
  void SetOnUploadRemoved(OnUploadRemoved on_removed) {
    on_upload_removed_ = std::move(on_removed);
  }
  // Told after a blob of an upload that lives on was removed.
  using OnRemoved = std::function<void(const std::vector<blob::BlobKey>&)>;
  void SetOnRemoved(OnRemoved on_removed) { on_removed_ = std::move(on_removed); }
  const std::map<blob::BlobKey, Stored>& blobs() const { return blobs_; }

  void Crash();
  // Turns a bit of a blob; false when there is none.
  bool Rot();
  void Rot(const blob::BlobKey& key) { blobs_.at(key).rotten = true; }
  // What NodeFolder::SetBlobsAside leaves: nothing is stored, and the node knows that.
  void Wipe();
  // Takes no more until it has room again.
  void SetFull(bool full) { full_ = full; }
  bool full() const { return full_; }
  // The next sync fails. Its process ends: nobody knows what of the bytes has reached the disk.
  void FailNextSync() { sync_fails_ = true; }
  bool TakeSyncFailure() { return std::exchange(sync_fails_, false); }
  void SetOnSyncFailed(std::function<void()> on_sync_failed) {
    on_sync_failed_ = std::move(on_sync_failed);
  }
  void EndProcess() { on_sync_failed_(); }
  void MakeNeverDurable(const std::vector<blob::Blob>& batch);
  // Durable, and every byte as it was put.
  bool HasWhole(const blob::BlobKey& key) const;
  // Durable, and as it was put or made rotten.
  bool HasDurably(const blob::BlobKey& key, const blob::Digest& digest) const;

  const membership::NodeState& state() const { return state_; }
  void set_state(membership::NodeState state) { state_ = std::move(state); }

  // All that is durable now, to come back later.
  struct Copy {
    std::map<blob::BlobKey, Stored> blobs;
    membership::NodeState state;
  };
  Copy MakeCopy() const;
  void Restore(Copy copy);

  Context& context() { return context_; }

 private:
  Context& context_;
  int slowness_ = 1;
  bool full_ = false;
  bool sync_fails_ = false;
  std::map<blob::BlobKey, Stored> blobs_ = {};
  membership::NodeState state_{.node = *NodeId::Parse("node-000000")};
  OnRemoved on_removed_ = [](const std::vector<blob::BlobKey>&) {};
  OnUploadRemoved on_upload_removed_ = [](const VideoId&, const UploadId&) {};
  std::function<void()> on_sync_failed_ = [] {};
};

// The disk as one process sees it. When that is killed, nothing that it began goes on.
class Disk final : public blob::LocalBlobStore {
 public:
  Disk(Platter& platter, Pulse& pulse) : platter_(platter), pulse_(pulse) {}

  async::Task<Result<void>> Put(std::vector<blob::Blob> batch, Deadline deadline) override;
  async::Task<Result<blob::Bytes>> Get(blob::BlobKey key, blob::ByteRange range,
                                       Deadline deadline) override;
  async::Task<Result<blob::Bytes>> GetWhole(blob::BlobKey key, Deadline deadline) override;
  async::Task<Result<blob::BlobStat>> Stat(blob::BlobKey key, Deadline deadline) override;
  async::Task<Result<void>> RemoveUpload(VideoId video, UploadId upload,
                                         Deadline deadline) override;
  async::Task<Result<void>> Remove(std::vector<blob::BlobKey> keys, Deadline deadline) override;
  async::Task<Result<std::vector<blob::BlobKey>>> Damaged(Deadline deadline) override;
  void MarkDamaged(const blob::BlobKey& key, std::string_view why) override;
  async::Task<Result<blob::ScanPage>> Scan(blob::ScanRequest request, Deadline deadline) override;
  async::Task<Result<blob::StoreStatus>> Status(Deadline deadline) override;

 private:
  // Takes up to so long.
  async::Task<Result<void>> Spend(std::chrono::milliseconds most, Deadline deadline);
  Result<void> FailToSync(const std::vector<blob::Blob>& batch);

  // Remembers what turns out to be rotten.
  Result<const Platter::Stored*> Read(const blob::BlobKey& key);

  Platter& platter_;
  Pulse& pulse_;
  std::set<blob::BlobKey> damaged_ = {};
};

// What a process must not forget, on the same disk.
class Record final : public membership::NodeRecord {
 public:
  Record(Platter& platter, Pulse& pulse)
      : platter_(platter),
        pulse_(pulse),
        state_(std::make_shared<const membership::NodeState>(platter.state())) {}

  std::shared_ptr<const membership::NodeState> state() const override { return state_; }
  async::Task<Result<void>> Save(membership::NodeState next, Deadline deadline) override;
  // No disk hangs here.
  async::Task<Result<void>> Probe(Deadline /*deadline*/) override { co_return Result<void>(); }

 private:
  Platter& platter_;
  Pulse& pulse_;
  std::shared_ptr<const membership::NodeState> state_;
};

// Where the scrub of a process is: every process begins anew.
class ScrubPlace final : public scrubbing::ScrubRecord {
 public:
  async::Task<scrubbing::ScrubState> LoadScrub() override { co_return scrubbing::ScrubState(); }
  async::Task<Result<void>> SaveScrub(scrubbing::ScrubState /*state*/,
                                      Deadline /*deadline*/) override {
    co_return Result<void>();
  }
};

}  // namespace tritontube::simulation
