#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/coordination/model_coordination.h"
#include "domain/topology/changes.h"
#include "domain/topology/roles.h"
#include "domain/topology/topology_store.h"
#include "foundation/async/task_group.h"
#include "services/storage_node/storage_node.h"
#include "support/blocking_blob_store.h"
#include "support/memory_blob_store.h"
#include "support/memory_node_record.h"
#include "support/must.h"
#include "support/virtual_time.h"

namespace tritontube::storage_node {

// Content nodes in one thread and virtual time, which call each other directly.
class SeveralNodes final : public replication::NodeClient {
 public:
  struct Peer {
    explicit Peer(NodeId id) : record({.node = std::move(id)}) {}

    support::MemoryBlobStore store;
    support::MemoryNodeRecord record;
    StorageNode node{store, record};
  };

  // The first `members` of `all` found the cluster.
  SeveralNodes(int members, int all) {
    std::vector<topology::Member> founding;
    for (int i = 0; i < all; ++i) {
      const topology::Member member = MemberOf(i);
      peers_.push_back(std::make_unique<Peer>(member.id));
      if (i < members) founding.push_back(member);
    }
    Publish(support::Must(topology::Found(*ClusterId::Parse("cluster-000"), std::move(founding))));
  }

  static topology::Member MemberOf(int i) {
    return {.id = *NodeId::Parse(fmt::format("node-{:06}", i)), .address = fmt::format("n{}:1", i)};
  }

  Peer& peer(std::size_t i) { return *peers_[i]; }
  StorageNode& node(std::size_t i) { return peers_[i]->node; }
  const topology::Topology& topology() const { return *topology_; }
  coordination::ModelCoordination& etcd() { return etcd_; }
  topology::TopologyStore& topologies() { return topologies_; }
  support::VirtualTime& time() { return time_; }
  static Deadline Soon() { return Deadline::After(std::chrono::seconds(10)); }

  template <typename T>
  T Run(async::Task<T> task) {
    return time_.Get(std::move(task));
  }

  // The cluster has this one now, and every node but those in `unaware` knows it.
  void Publish(topology::Topology next, const std::set<std::size_t>& unaware = {}) {
    topology_ = std::make_shared<const topology::Topology>(std::move(next));
    coordination::Txn txn{
        .compares = {},
        .then = {coordination::Operation::Put("topology", topology::Encode(*topology_))}};
    support::Must(Run(etcd_.Commit(std::move(txn), Soon())));
    for (std::size_t i = 0; i < peers_.size(); ++i) {
      if (!unaware.contains(i)) Adopt(i, topology_);
    }
  }
  void Adopt(std::size_t i, std::shared_ptr<const topology::Topology> topology) {
    const StorageNode::Edit edit = [&](membership::NodeState& state) -> Result<void> {
      state.cluster = topology->cluster;
      state.epoch = topology->epoch;
      const topology::Member* const self = topology->Find(state.node);
      state.incomplete = self != nullptr && self->incomplete;
      state.topology = topology;
      return {};
    };
    support::Must(Run(node(i).Change(edit, Soon())));
    node(i).SetRegistered();
  }
  // A fourth node is asked for, and its plan has begun.
  void BeginAdding(int i) {
    const topology::Request request{.add = {MemberOf(i)}, .remove = {}};
    Publish(
        support::Must(topology::BeginPlan(support::Must(topology::AskFor(topology(), request)))));
  }

  blob::BlobKey KeyOf(int blob) const { return support::TestKey(fmt::format("blob-{:04}", blob)); }
  static std::string BytesOf(int blob) { return fmt::format("the bytes of {}", blob); }
  void Store(std::size_t i, int blob) {
    std::vector<blob::Blob> batch;
    batch.push_back({.key = KeyOf(blob), .bytes = blob::Bytes(BytesOf(blob))});
    support::Must(Run(peer(i).store.Put(std::move(batch), Soon())));
  }
  bool Has(std::size_t i, int blob) {
    const auto bytes = Run(peer(i).store.GetWhole(KeyOf(blob), Soon()));
    return bytes && bytes->Flatten() == BytesOf(blob);
  }
  bool Keeps(std::size_t i, int blob) const {
    const auto index = topology::IndexOf(*topology_, MemberOf(static_cast<int>(i)).id);
    return index && topology::IsKeeper(*topology_, placement::SlotOf(KeyOf(blob)), *index);
  }

  replication::Target TargetOf(std::size_t i) const {
    const topology::Member member = MemberOf(static_cast<int>(i));
    return {.cluster = topology_->cluster,
            .node = member.id,
            .address = member.address,
            .epoch = topology_->epoch};
  }

  // How many of the first `blobs` a node has, and how many it keeps.
  std::size_t CountOn(std::size_t i, int blobs) {
    std::size_t count = 0;
    for (int blob = 0; blob < blobs; ++blob) count += Has(i, blob) ? 1 : 0;
    return count;
  }
  std::size_t CountKept(std::size_t i, int blobs) const {
    std::size_t count = 0;
    for (int blob = 0; blob < blobs; ++blob) count += Keeps(i, blob) ? 1 : 0;
    return count;
  }

  // Does not answer.
  void Silence(std::size_t i, bool silent = true) {
    if (silent) {
      silent_.insert(Address(i));
    } else {
      silent_.erase(Address(i));
    }
  }
  // Gives bytes that are not what was asked for.
  void Garble(std::size_t i) { garbled_.insert(Address(i)); }
  // From now on so many blobs are asked for in vain, everywhere.
  void LoseGets(std::size_t count) { lost_gets_ = count; }
  // The n-th page is asked for in vain.
  void LoseScan(std::size_t nth) { lost_scan_ = nth; }
  std::size_t scans() const { return scans_; }
  std::size_t digests() const { return digests_; }
  std::size_t gets() const { return gets_; }
  std::size_t confirms() const { return confirms_; }

  async::Task<Result<void>> Put(replication::Target target, std::vector<blob::Blob> batch,
                                Deadline deadline) override {
    TT_CO_ASSIGN_OR_RETURN(StorageNode* const node, Reach(target));
    std::vector<IncomingBlob> incoming;
    for (blob::Blob& blob : batch) {
      const blob::BlobStat stat{.size = blob.bytes.size(), .digest = blob::DigestOf(blob.bytes)};
      incoming.push_back({.key = blob.key, .stat = stat, .bytes = std::move(blob.bytes)});
    }
    co_return co_await node->Put(std::move(target), std::move(incoming), deadline);
  }
  async::Task<Result<blob::Bytes>> Get(replication::Target target, blob::BlobKey key,
                                       std::optional<blob::ByteRange> range,
                                       Deadline deadline) override {
    ++gets_;
    if (lost_gets_ > 0) {
      --lost_gets_;
      co_return Fail(ErrorCode::kDeadlineExceeded, "no answer within the time allowed");
    }
    TT_CO_ASSIGN_OR_RETURN(StorageNode* const node, Reach(target));
    const bool garbled = garbled_.contains(target.address);
    auto bytes = co_await node->Get(std::move(target), std::move(key), range, deadline);
    if (bytes && garbled) co_return blob::Bytes(std::string(bytes->size(), '?'));
    co_return bytes;
  }
  async::Task<Result<blob::BlobStat>> Stat(replication::Target target, blob::BlobKey key,
                                           Deadline deadline) override {
    TT_CO_ASSIGN_OR_RETURN(StorageNode* const node, Reach(target));
    co_return co_await node->Stat(std::move(target), std::move(key), deadline);
  }
  async::Task<Result<void>> RemoveUpload(replication::Target target, VideoId video, UploadId upload,
                                         Deadline deadline) override {
    TT_CO_ASSIGN_OR_RETURN(StorageNode* const node, Reach(target));
    co_return co_await node->RemoveUpload(std::move(target), std::move(video), std::move(upload),
                                          deadline);
  }
  async::Task<Result<blob::ScanPage>> Scan(replication::Target target, blob::ScanRequest request,
                                           Deadline deadline) override {
    TT_CO_ASSIGN_OR_RETURN(StorageNode* const node, Reach(target));
    co_return co_await node->Scan(std::move(target), std::move(request), deadline);
  }
  async::Task<Result<replication::SlotScanPage>> ScanSlots(replication::Target target,
                                                           replication::SlotScanRequest request,
                                                           Deadline deadline) override {
    if (++scans_ == lost_scan_) {
      co_return Fail(ErrorCode::kDeadlineExceeded, "no answer within the time allowed");
    }
    TT_CO_ASSIGN_OR_RETURN(StorageNode* const node, Reach(target));
    co_return co_await node->ScanSlots(std::move(target), std::move(request), deadline);
  }
  async::Task<Result<std::vector<replication::SlotDigest>>> Digests(
      replication::Target target, std::chrono::milliseconds age_max, Deadline deadline) override {
    ++digests_;
    TT_CO_ASSIGN_OR_RETURN(StorageNode* const node, Reach(target));
    co_return co_await node->Digests(std::move(target), age_max, deadline);
  }
  async::Task<Result<std::vector<bool>>> Confirm(replication::Target target,
                                                 replication::ConfirmationRequest request,
                                                 Deadline deadline) override {
    ++confirms_;
    TT_CO_ASSIGN_OR_RETURN(StorageNode* const node, Reach(target));
    co_return co_await node->Confirm(std::move(target), std::move(request), deadline);
  }
  async::Task<Result<replication::NodeStatus>> Status(std::string /*address*/,
                                                      Deadline /*deadline*/) override {
    co_return Fail(ErrorCode::kUnimplemented, "nodes do not ask each other how they are");
  }
  async::Task<Result<std::uint64_t>> AskForUpkeep(replication::Target /*target*/,
                                                  Deadline /*deadline*/) override {
    co_return Fail(ErrorCode::kUnimplemented, "nodes do not ask each other for upkeep");
  }
  async::Task<Result<void>> Join(replication::Target /*target*/, std::vector<std::string> /*etcd*/,
                                 Deadline /*deadline*/) override {
    co_return Fail(ErrorCode::kUnimplemented, "nodes do not take each other in");
  }

 private:
  static std::string Address(std::size_t i) { return MemberOf(static_cast<int>(i)).address; }
  Result<StorageNode*> Reach(const replication::Target& target) {
    if (silent_.contains(target.address)) {
      return Fail(ErrorCode::kUnavailable, "nobody answers at {}", target.address);
    }
    for (const auto& peer : peers_) {
      if (peer->node.state()->node == target.node) return &peer->node;
    }
    return Fail(ErrorCode::kUnavailable, "nobody has the address {}", target.address);
  }

  support::VirtualTime time_;
  SystemClock clock_;
  coordination::ModelCoordination etcd_{clock_};
  topology::TopologyStore topologies_{etcd_};
  std::vector<std::unique_ptr<Peer>> peers_;
  std::shared_ptr<const topology::Topology> topology_;
  std::set<std::string> silent_;
  std::set<std::string> garbled_;
  std::size_t lost_gets_ = 0;
  std::size_t lost_scan_ = 0;
  std::size_t scans_ = 0;
  std::size_t digests_ = 0;
  std::size_t gets_ = 0;
  std::size_t confirms_ = 0;
};

// A duty of a node, which runs as long as this lives.
template <typename Duty>
class Running {
 public:
  template <typename... Arguments>
  explicit Running(SeveralNodes& nodes, Arguments&&... arguments)
      : nodes_(nodes),
        duty_(std::forward<Arguments>(arguments)...),
        tasks_(nodes.time().executor()) {
    tasks_.Spawn(duty_.Run());
  }
  ~Running() { nodes_.time().Run(tasks_.Stop()); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  SeveralNodes& nodes_;
  Duty duty_;
  async::TaskGroup tasks_;
};

}  // namespace tritontube::storage_node
