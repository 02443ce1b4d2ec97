#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/blob/local_blob_store.h"
#include "domain/membership/node_record.h"
#include "domain/replication/node_client.h"
#include "foundation/async/event.h"
#include "foundation/async/semaphore.h"
#include "services/storage_node/epoch_gate.h"
#include "services/storage_node/shared_digests.h"
#include "services/storage_node/slot_walk.h"

namespace tritontube::storage_node {

// A blob, and what its sender says it is.
struct IncomingBlob {
  blob::BlobKey key;
  blob::BlobStat stat;
  blob::Bytes bytes;
};

// A content node: what it may store, serve and deny, and for whom.
//
// Each call names whom it is for and the epoch it was decided under (replication::Target):
//  - another node or cluster, or no cluster yet: kFailedPrecondition.
//  - a newer epoch than the recorded one is recorded first: no more changes of the older one are
//    admitted, those under way end, and the record is durable. Then the call goes on.
//  - an older one: kAborted. Only what is here and whole is served at any epoch: blobs never
//  change.
// Until it is registered (see Registration), or while it is incomplete, what is not here may exist:
// kUnavailable takes the place of kNotFound. Until it is registered nothing is changed either.
//
// Safe to use from any io_context.
class StorageNode {
 public:
  StorageNode(blob::LocalBlobStore& store, membership::NodeRecord& record)
      : store_(store), record_(record), gate_(record.state()->epoch) {}

  // Takes the node into a cluster: the first one wins, for ever. In that cluster, records a newer
  // epoch and the endpoints. The newest epoch that is recorded, which may be greater.
  async::Task<Result<topology::Epoch>> Join(replication::Target target,
                                            std::vector<std::string> etcd, Deadline deadline);

  // kInvalidArgument when the bytes are not what their sender says, kFailedPrecondition for a blob
  // of a slot that is not this node's.
  async::Task<Result<void>> Put(replication::Target target, std::vector<IncomingBlob> batch,
                                Deadline deadline);
  async::Task<Result<blob::Bytes>> Get(replication::Target target, blob::BlobKey key,
                                       std::optional<blob::ByteRange> range, Deadline deadline);
  async::Task<Result<blob::BlobStat>> Stat(replication::Target target, blob::BlobKey key,
                                           Deadline deadline);
  async::Task<Result<void>> RemoveUpload(replication::Target target, VideoId video, UploadId upload,
                                         Deadline deadline);

  // A list says of everything else that it does not exist: an incomplete node gives none.
  async::Task<Result<blob::ScanPage>> Scan(replication::Target target, blob::ScanRequest request,
                                           Deadline deadline);
  async::Task<Result<replication::SlotScanPage>> ScanSlots(replication::Target target,
                                                           replication::SlotScanRequest request,
                                                           Deadline deadline);
  async::Task<Result<std::vector<bool>>> Confirm(replication::Target target,
                                                 replication::ConfirmationRequest request,
                                                 Deadline deadline);
  // Of every slot, not older than `age_max`; also from an incomplete node, to see what it lacks.
  async::Task<Result<std::vector<replication::SlotDigest>>> Digests(
      replication::Target target, std::chrono::milliseconds age_max, Deadline deadline);

  // What the node does of itself, under the same rules: kAborted unless `epoch` is the recorded
  // one.
  async::Task<Result<void>> StoreOwn(topology::Epoch epoch, std::vector<blob::Blob> batch,
                                     Deadline deadline);
  async::Task<Result<void>> RemoveOwn(topology::Epoch epoch, std::vector<blob::BlobKey> keys,
                                      Deadline deadline);
  // Those of what is here now.
  async::Task<Result<std::vector<replication::SlotDigest>>> OwnDigests(topology::Epoch epoch,
                                                                       Deadline deadline) {
    return digests_.Get(epoch, std::chrono::milliseconds(0), deadline);
  }
  // The topology that it may act under by itself: the one of the recorded epoch. Null while it
  // knows of an epoch only, or while it is not registered.
  std::shared_ptr<const topology::Topology> OwnTopology() const;
  // Whether it keeps the blob's slot, by that topology. What has moved away goes, damaged or not.
  bool Keeps(const blob::BlobKey& key) const;
  blob::LocalBlobStore& store() { return store_; }
  // The list of what is stored cannot be read any more: when the others have everything, the node
  // is to be made anew, with an empty store. Otherwise what can be read is served on.
  void GiveUpStore(std::string_view why);
  // See NodeRecord.
  async::Task<Result<void>> ProbeDisk(Deadline deadline) { return record_.Probe(deadline); }
  bool is_store_given_up() const { return store_given_up_; }
  void SetPulling(std::optional<replication::PullProgress> progress);
  // Changes what Status() tells of its upkeep.
  void EditUpkeep(const std::function<void(replication::Upkeep& upkeep)>& edit);

  // For anybody.
  async::Task<Result<replication::NodeStatus>> Status(Deadline deadline);
  // Everything that is here is read and compared with the others now, and not when it is due. The
  // number of the request.
  Result<std::uint64_t> AskForUpkeep(const replication::Target& target);
  std::uint64_t upkeep_asked() const { return upkeep_asked_; }
  // Of puts and gets by others.
  std::uint64_t call_count() const { return call_count_; }

  std::shared_ptr<const membership::NodeState> state() const { return record_.state(); }
  // Notified when state() has changed, the node was registered, somebody asked for upkeep, or the
  // store is given up.
  async::Event& changed() { return changed_; }
  // Changes what is recorded, durably and under the rule for a newer epoch. Called with a copy, one
  // at a time; what it refuses changes nothing.
  using Edit = std::function<Result<void>(membership::NodeState& state)>;
  async::Task<Result<void>> Change(Edit edit, Deadline deadline);

  // From now on misses count and puts are taken.
  void SetRegistered() {
    registered_ = true;
    changed_.Notify();
  }
  bool registered() const { return registered_; }

 private:
  Result<void> CheckTarget(const replication::Target& target) const;
  Result<void> CheckRegistered() const;
  Result<void> CheckDenial(const membership::NodeState& state) const;
  Result<void> CheckOwned(const replication::Target& target,
                          const std::vector<blob::Blob>& batch) const;
  async::Task<Result<void>> Reach(topology::Epoch epoch, Deadline deadline);
  async::Task<Result<EpochGate::Admission>> AdmitChange(replication::Target target,
                                                        Deadline deadline);
  // For what is true at the epoch of the call only.
  async::Task<Result<void>> AdmitList(replication::Target target, Deadline deadline);
  async::Task<Result<blob::BlobStat>> ReadStat(blob::BlobKey key, Deadline deadline);
  Result<void> CheckEpoch(const replication::Target& target) const;
  template <typename T, typename Read>
  async::Task<Result<T>> ReadOrDeny(replication::Target target, Read read, Deadline deadline);

  blob::LocalBlobStore& store_;
  membership::NodeRecord& record_;
  EpochGate gate_;
  async::Event changed_;
  async::Semaphore changing_{1};
  // Walks over the whole store are rare and long: the others wait.
  async::Semaphore walks_{2};
  async::Semaphore confirming_{1};  // Of those who want it read.
  SharedDigests digests_{store_, walks_};
  std::atomic<bool> registered_ = false;
  std::atomic<std::uint64_t> upkeep_asked_ = 0;
  std::atomic<std::uint64_t> call_count_ = 0;
  std::atomic<bool> store_given_up_ = false;
  mutable std::mutex doing_mutex_;
  std::optional<replication::PullProgress> pulling_;
  replication::Upkeep upkeep_;
};

}  // namespace tritontube::storage_node
