#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "core/coordination/model_coordination.h"
#include "domain/replication/node_client.h"
#include "domain/topology/topology_store.h"
#include "support/must.h"

namespace tritontube::cluster {

// Content nodes that know who they are, and nothing else. One that was not added does not answer.
class FakeNodes final : public replication::NodeClient {
 public:
  void Add(std::string address, replication::NodeStatus status) {
    const std::lock_guard lock(mutex_);
    nodes_.insert_or_assign(std::move(address), std::move(status));
  }
  void Remove(const std::string& address) {
    const std::lock_guard lock(mutex_);
    nodes_.erase(address);
  }
  // Whoever calls them dies after so many calls: the others reach nobody. Nothing is no limit.
  void LetCallsThrough(std::optional<int> calls) {
    const std::lock_guard lock(mutex_);
    calls_left_ = calls;
  }
  replication::NodeStatus status(const std::string& address) {
    const std::lock_guard lock(mutex_);
    return nodes_.at(address);
  }

  async::Task<Result<replication::NodeStatus>> Status(std::string address,
                                                      Deadline /*deadline*/) override {
    const std::lock_guard lock(mutex_);
    TT_CO_ASSIGN_OR_RETURN(const replication::NodeStatus* const node, Reach(address));
    co_return *node;
  }
  async::Task<Result<std::uint64_t>> AskForUpkeep(replication::Target target,
                                                  Deadline /*deadline*/) override {
    const std::lock_guard lock(mutex_);
    TT_CO_ASSIGN_OR_RETURN(replication::NodeStatus* const node, Reach(target.address));
    co_return ++node->upkeep.asked;
  }
  async::Task<Result<void>> Join(replication::Target target, std::vector<std::string> /*etcd*/,
                                 Deadline /*deadline*/) override {
    const std::lock_guard lock(mutex_);
    TT_CO_ASSIGN_OR_RETURN(replication::NodeStatus* const node, Reach(target.address));
    node->cluster = target.cluster;
    node->epoch = target.epoch;
    co_return Result<void>();
  }

  async::Task<Result<void>> Put(replication::Target, std::vector<blob::Blob>, Deadline) override {
    co_return Unused();
  }
  async::Task<Result<blob::Bytes>> Get(replication::Target, blob::BlobKey,
                                       std::optional<blob::ByteRange>, Deadline) override {
    co_return Unused();
  }
  async::Task<Result<blob::BlobStat>> Stat(replication::Target, blob::BlobKey, Deadline) override {
    co_return Unused();
  }
  async::Task<Result<void>> RemoveUpload(replication::Target, VideoId, UploadId,
                                         Deadline) override {
    co_return Unused();
  }
  async::Task<Result<replication::SlotScanPage>> ScanSlots(replication::Target,
                                                           replication::SlotScanRequest,
                                                           Deadline) override {
    co_return Unused();
  }
  async::Task<Result<std::vector<replication::SlotDigest>>> Digests(replication::Target,
                                                                    std::chrono::milliseconds,
                                                                    Deadline) override {
    co_return Unused();
  }
  async::Task<Result<std::vector<bool>>> Confirm(replication::Target,
                                                 replication::ConfirmationRequest,
                                                 Deadline) override {
    co_return Unused();
  }
  async::Task<Result<blob::ScanPage>> Scan(replication::Target, blob::ScanRequest,
                                           Deadline) override {
    co_return Unused();
  }

 private:
  static std::unexpected<Error> Unused() {
    return Fail(ErrorCode::kUnimplemented, "nobody should ask this of a node here");
  }

  // With mutex_ held.
  Result<replication::NodeStatus*> Reach(const std::string& address) {
    const auto found = nodes_.find(address);
    if (found == nodes_.end() || calls_left_ == 0) {
      return Fail(ErrorCode::kUnavailable, "connection refused");
    }
    if (calls_left_) --*calls_left_;
    return &found->second;
  }

  std::mutex mutex_;
  std::map<std::string, replication::NodeStatus> nodes_;
  std::optional<int> calls_left_;
};

// A node that is in no cluster, with a disk of so many MiB.
inline replication::NodeStatus NewNode(std::string_view id, std::uint64_t mebibytes = 1000) {
  return {.node = *NodeId::Parse(id),
          .store = {.stored_bytes = 10, .free_bytes = 5, .capacity_bytes = mebibytes << 20U}};
}

}  // namespace tritontube::cluster
