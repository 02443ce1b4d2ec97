#include "services/storage_node/storage_node.h"

#include <algorithm>
#include <utility>

#include "domain/topology/roles.h"
#include "foundation/telemetry/log.h"

namespace tritontube::storage_node {

using membership::NodeState;
using replication::Target;
using telemetry::Level;
using telemetry::Log;

namespace {

Result<void> CheckNode(const NodeState& state, const Target& target) {
  if (target.node == state.node) return {};
  return Fail(ErrorCode::kFailedPrecondition, "the call is meant for node {}, this is {}",
              target.node.text(), state.node.text());
}

Result<void> CheckCluster(const NodeState& state, const Target& target) {
  if (target.cluster == *state.cluster) return {};
  return Fail(ErrorCode::kFailedPrecondition, "the call is of cluster {}, node {} is in {}",
              target.cluster.text(), state.node.text(), state.cluster->text());
}

// The bytes as they are to be stored, once they are what their sender says.
Result<std::vector<blob::Blob>> Verified(std::vector<IncomingBlob> incoming) {
  std::vector<blob::Blob> batch;
  batch.reserve(incoming.size());
  for (IncomingBlob& blob : incoming) {
    if (blob.bytes.size() != blob.stat.size || blob::DigestOf(blob.bytes) != blob.stat.digest) {
      return Fail(ErrorCode::kInvalidArgument, "{} has changed on its way here",
                  blob::ToText(blob.key));
    }
    batch.push_back({.key = std::move(blob.key), .bytes = std::move(blob.bytes)});
  }
  TT_RETURN_IF_ERROR(blob::CheckBatch(batch));
  return batch;
}

bool Owns(const topology::Topology& topology, const NodeId& node, const blob::BlobKey& key) {
  const auto index = topology::IndexOf(topology, node);
  return index && topology::IsKeeper(topology, placement::SlotOf(key), *index);
}

void LogChange(const NodeState& before, const NodeState& after) {
  if (after.cluster && !before.cluster) {
    Log(Level::kInfo, "taken into a cluster",
        {{"cluster", after.cluster->text()}, {"epoch", after.epoch}});
  } else if (after.epoch != before.epoch) {
    Log(Level::kInfo, "epoch recorded", {{"epoch", after.epoch}, {"before", before.epoch}});
  }
  if (after.incomplete != before.incomplete) {
    Log(after.incomplete ? Level::kWarning : Level::kInfo,
        after.incomplete ? "incomplete: an old copy of this folder has come back"
                         : "complete: nothing is missing here any more");
  }
}

}  // namespace

async::Task<Result<topology::Epoch>> StorageNode::Join(Target target, std::vector<std::string> etcd,
                                                       Deadline deadline) {
  const Edit take_in = [&](NodeState& state) -> Result<void> {
    TT_RETURN_IF_ERROR(CheckNode(state, target));
    if (!state.cluster) state.cluster = target.cluster;
    TT_RETURN_IF_ERROR(CheckCluster(state, target));
    state.epoch = std::max(state.epoch, target.epoch);
    if (!etcd.empty()) state.etcd = etcd;
    return {};
  };
  TT_CO_RETURN_IF_ERROR(co_await Change(take_in, deadline));
  co_return gate_.recorded();
}

async::Task<Result<void>> StorageNode::Put(Target target, std::vector<IncomingBlob> batch,
                                           Deadline deadline) {
  ++call_count_;
  TT_CO_RETURN_IF_ERROR(CheckTarget(target));
  TT_CO_ASSIGN_OR_RETURN(std::vector<blob::Blob> verified, Verified(std::move(batch)));
  TT_CO_ASSIGN_OR_RETURN(const EpochGate::Admission admission,
                         co_await AdmitChange(target, deadline));
  TT_CO_RETURN_IF_ERROR(CheckOwned(target, verified));
  co_return co_await store_.Put(std::move(verified), deadline);
}

async::Task<Result<void>> StorageNode::RemoveUpload(Target target, VideoId video, UploadId upload,
                                                    Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckTarget(target));
  TT_CO_ASSIGN_OR_RETURN(const EpochGate::Admission admission,
                         co_await AdmitChange(target, deadline));
  co_return co_await store_.RemoveUpload(std::move(video), std::move(upload), deadline);
}

async::Task<Result<blob::Bytes>> StorageNode::Get(Target target, blob::BlobKey key,
                                                  std::optional<blob::ByteRange> range,
                                                  Deadline deadline) {
  ++call_count_;
  const auto read = [&] {
    return range ? store_.Get(key, *range, deadline) : store_.GetWhole(key, deadline);
  };
  co_return co_await ReadOrDeny<blob::Bytes>(std::move(target), read, deadline);
}

async::Task<Result<blob::BlobStat>> StorageNode::Stat(Target target, blob::BlobKey key,
                                                      Deadline deadline) {
  const auto read = [&] { return store_.Stat(key, deadline); };
  co_return co_await ReadOrDeny<blob::BlobStat>(std::move(target), read, deadline);
}

// What is found is right whatever the epoch. What is not found may be denied only when the look
// came after the epoch of the call was recorded: before that, a put of an older one may be under
// way that its caller then counts as durable.
template <typename T, typename Read>
async::Task<Result<T>> StorageNode::ReadOrDeny(Target target, Read read, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckTarget(target));
  for (;;) {
    const topology::Epoch looked_at = gate_.recorded();
    const std::shared_ptr<const NodeState> state = record_.state();
    Result<T> found = co_await read();
    if (found || found.error().code() != ErrorCode::kNotFound) co_return found;
    TT_CO_RETURN_IF_ERROR(CheckDenial(*state));
    if (looked_at < target.epoch) {
      TT_CO_RETURN_IF_ERROR(co_await Reach(target.epoch, deadline));
      continue;
    }
    TT_CO_RETURN_IF_ERROR(CheckEpoch(target));
    co_return found;
  }
}

async::Task<Result<blob::ScanPage>> StorageNode::Scan(Target target, blob::ScanRequest request,
                                                      Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await AdmitList(target, deadline));
  Result<blob::ScanPage> page = co_await store_.Scan(std::move(request), deadline);
  TT_CO_RETURN_IF_ERROR(CheckEpoch(target));
  co_return page;
}

async::Task<Result<replication::SlotScanPage>> StorageNode::ScanSlots(
    Target target, replication::SlotScanRequest request, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await AdmitList(target, deadline));
  TT_CO_ASSIGN_OR_RETURN(const auto walk, co_await walks_.Acquire(1, deadline));
  Result<replication::SlotScanPage> page =
      co_await storage_node::ScanSlots(store_, std::move(request), deadline);
  TT_CO_RETURN_IF_ERROR(CheckEpoch(target));
  co_return page;
}

async::Task<Result<std::vector<replication::SlotDigest>>> StorageNode::Digests(
    Target target, std::chrono::milliseconds age_max, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckTarget(target));
  TT_CO_RETURN_IF_ERROR(co_await Reach(target.epoch, deadline));
  TT_CO_RETURN_IF_ERROR(CheckEpoch(target));
  co_return co_await digests_.Get(target.epoch, age_max, deadline);
}

async::Task<Result<std::vector<bool>>> StorageNode::Confirm(
    Target target, replication::ConfirmationRequest request, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await AdmitList(target, deadline));
  // All who give slots away ask at the same time; who watches goes first.
  std::optional<async::Semaphore::Permit> turn;
  if (request.read) {
    TT_CO_ASSIGN_OR_RETURN(turn, co_await confirming_.Acquire(1, deadline));
  }
  std::vector<bool> confirmed;
  confirmed.reserve(request.items.size());
  for (const blob::ScanItem& item : request.items) {
    const Result<blob::BlobStat> stat = request.read ? co_await ReadStat(item.key, deadline)
                                                     : co_await store_.Stat(item.key, deadline);
    const ErrorCode code = stat ? ErrorCode{} : stat.error().code();
    if (!stat && code != ErrorCode::kNotFound && code != ErrorCode::kCorrupt) {
      co_return std::unexpected(stat.error());
    }
    confirmed.push_back(stat && stat->size == item.stat.size && stat->digest == item.stat.digest);
  }
  TT_CO_RETURN_IF_ERROR(CheckEpoch(target));
  co_return confirmed;
}

// Of the bytes that are there, whatever the index says of them.
async::Task<Result<blob::BlobStat>> StorageNode::ReadStat(blob::BlobKey key, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes bytes,
                         co_await store_.GetWhole(std::move(key), deadline));
  co_return blob::BlobStat{.size = bytes.size(), .digest = blob::DigestOf(bytes)};
}

async::Task<Result<void>> StorageNode::StoreOwn(topology::Epoch epoch,
                                                std::vector<blob::Blob> batch, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckRegistered());
  TT_CO_ASSIGN_OR_RETURN(const EpochGate::Admission admission, gate_.Admit(epoch));
  co_return co_await store_.Put(std::move(batch), deadline);
}

async::Task<Result<void>> StorageNode::RemoveOwn(topology::Epoch epoch,
                                                 std::vector<blob::BlobKey> keys,
                                                 Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckRegistered());
  TT_CO_ASSIGN_OR_RETURN(const EpochGate::Admission admission, gate_.Admit(epoch));
  co_return co_await store_.Remove(std::move(keys), deadline);
}

std::shared_ptr<const topology::Topology> StorageNode::OwnTopology() const {
  if (!registered_) return nullptr;
  const std::shared_ptr<const NodeState> state = record_.state();
  if (!state->topology || state->topology->epoch != state->epoch) return nullptr;
  return state->topology;
}

bool StorageNode::Keeps(const blob::BlobKey& key) const {
  const std::shared_ptr<const topology::Topology> topology = OwnTopology();
  return topology && Owns(*topology, record_.state()->node, key);
}

void StorageNode::SetPulling(std::optional<replication::PullProgress> progress) {
  const std::lock_guard lock(doing_mutex_);
  pulling_ = progress;
}

void StorageNode::EditUpkeep(const std::function<void(replication::Upkeep& upkeep)>& edit) {
  const std::lock_guard lock(doing_mutex_);
  edit(upkeep_);
}

void StorageNode::GiveUpStore(std::string_view why) {
  const auto topology = OwnTopology();
  const bool may = topology && topology::MayBeginAnew(*topology, record_.state()->node);
  if (!may || store_given_up_.exchange(true)) return;
  Log(Level::kError, "this node's database is damaged: it begins with an empty one",
      {{"why", why}});
  changed_.Notify();
}

Result<std::uint64_t> StorageNode::AskForUpkeep(const Target& target) {
  TT_RETURN_IF_ERROR(CheckTarget(target));
  const std::uint64_t asked = ++upkeep_asked_;
  changed_.Notify();
  return asked;
}

async::Task<Result<replication::NodeStatus>> StorageNode::Status(Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const blob::StoreStatus store, co_await store_.Status(deadline));
  const std::shared_ptr<const NodeState> state = record_.state();
  TT_CO_ASSIGN_OR_RETURN(std::vector<blob::BlobKey> damaged, co_await store_.Damaged(deadline));
  // What has moved away goes, damaged or not.
  std::erase_if(damaged, [&](const blob::BlobKey& key) {
    return state->topology && !Owns(*state->topology, state->node, key);
  });
  const std::lock_guard lock(doing_mutex_);
  replication::Upkeep upkeep = upkeep_;
  upkeep.asked = upkeep_asked_;
  upkeep.damaged = damaged.size();
  co_return replication::NodeStatus{.cluster = state->cluster,
                                    .node = state->node,
                                    .epoch = state->epoch,
                                    .incomplete = state->incomplete,
                                    .store = store,
                                    .pulling = pulling_,
                                    .upkeep = upkeep};
}

async::Task<Result<void>> StorageNode::Change(Edit edit, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const auto turn, co_await changing_.Acquire(1, deadline));
  const std::shared_ptr<const NodeState> before = record_.state();
  NodeState after = *before;
  TT_CO_RETURN_IF_ERROR(edit(after));
  if (after == *before) co_return Result<void>();
  TT_ASSERT(after.epoch >= before->epoch, "epoch {} follows {}", after.epoch, before->epoch);
  if (after.epoch > before->epoch) {
    TT_CO_RETURN_IF_ERROR(co_await gate_.Drain(after.epoch, deadline));
  }
  Result<void> saved = co_await record_.Save(after, deadline);
  if (!saved)
    co_return std::unexpected(std::move(saved).error().Within("recording the state of the node"));
  gate_.Open(after.epoch);
  LogChange(*before, after);
  changed_.Notify();
  co_return Result<void>();
}

async::Task<Result<void>> StorageNode::Reach(topology::Epoch epoch, Deadline deadline) {
  if (epoch <= gate_.recorded()) co_return Result<void>();
  const Edit raise = [epoch](NodeState& state) -> Result<void> {
    state.epoch = std::max(state.epoch, epoch);
    return {};
  };
  co_return co_await Change(raise, deadline);
}

async::Task<Result<EpochGate::Admission>> StorageNode::AdmitChange(Target target,
                                                                   Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckRegistered());
  TT_CO_RETURN_IF_ERROR(co_await Reach(target.epoch, deadline));
  co_return gate_.Admit(target.epoch);
}

async::Task<Result<void>> StorageNode::AdmitList(Target target, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(CheckTarget(target));
  TT_CO_RETURN_IF_ERROR(CheckDenial(*record_.state()));
  TT_CO_RETURN_IF_ERROR(co_await Reach(target.epoch, deadline));
  co_return CheckEpoch(target);
}

Result<void> StorageNode::CheckEpoch(const Target& target) const {
  const topology::Epoch recorded = gate_.recorded();
  if (target.epoch >= recorded) return {};
  return Fail(ErrorCode::kAborted, "the call is of epoch {}, the node is at {}", target.epoch,
              recorded);
}

Result<void> StorageNode::CheckTarget(const Target& target) const {
  const std::shared_ptr<const NodeState> state = record_.state();
  TT_RETURN_IF_ERROR(CheckNode(*state, target));
  if (!state->cluster) {
    return Fail(ErrorCode::kFailedPrecondition, "node {} is not in a cluster yet",
                state->node.text());
  }
  return CheckCluster(*state, target);
}

Result<void> StorageNode::CheckRegistered() const {
  if (registered_) return {};
  return Fail(ErrorCode::kUnavailable, "node {} is not registered with etcd yet",
              record_.state()->node.text());
}

Result<void> StorageNode::CheckDenial(const NodeState& state) const {
  TT_RETURN_IF_ERROR(CheckRegistered());
  if (!state.incomplete) return {};
  return Fail(ErrorCode::kUnavailable, "node {} is incomplete: what it lacks may exist",
              state.node.text());
}

Result<void> StorageNode::CheckOwned(const Target& target,
                                     const std::vector<blob::Blob>& batch) const {
  const std::shared_ptr<const NodeState> state = record_.state();
  // Callers learn of a topology before the node does; then theirs has to do.
  if (!state->topology || state->topology->epoch != target.epoch) return {};
  for (const blob::Blob& blob : batch) {
    if (Owns(*state->topology, state->node, blob.key)) continue;
    return Fail(ErrorCode::kFailedPrecondition, "{} does not belong on node {} in epoch {}",
                blob::ToText(blob.key), state->node.text(), target.epoch);
  }
  return {};
}

}  // namespace tritontube::storage_node
