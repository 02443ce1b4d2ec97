#pragma once

#include <map>
#include <mutex>

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
  replication::NodeStatus status(const std::string& address) {
    const std::lock_guard lock(mutex_);
    return nodes_.at(address);
  }

  async::Task<Result<replication::NodeStatus>> Status(std::string address,
                                                      Deadline /*deadline*/) override {
    const std::lock_guard lock(mutex_);
    const auto found = nodes_.find(address);
    if (found == nodes_.end()) {
      co_return Fail(ErrorCode::kUnavailable, "connection refused");
    }
    co_return found->second;
  }
  async::Task<Result<void>> Join(replication::Target target, std::vector<std::string> /*etcd*/,
                                 Deadline /*deadline*/) override {
    const std::lock_guard lock(mutex_);
    const auto found = nodes_.find(target.address);
    if (found == nodes_.end()) co_return Fail(ErrorCode::kUnavailable, "connection refused");
    found->second.cluster = target.cluster;
    found->second.epoch = target.epoch;
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
  async::Task<Result<blob::ScanPage>> Scan(replication::Target, blob::ScanRequest,
                                           Deadline) override {
    co_return Unused();
  }

 private:
  static std::unexpected<Error> Unused() {
    return Fail(ErrorCode::kUnimplemented, "nobody should ask this of a node here");
  }

  std::mutex mutex_;
  std::map<std::string, replication::NodeStatus> nodes_;
};

// A node that is in no cluster, with a disk of so many MiB.
inline replication::NodeStatus NewNode(std::string_view id, std::uint64_t mebibytes = 1000) {
  return {.node = *NodeId::Parse(id),
          .store = {.stored_bytes = 10, .free_bytes = 5, .capacity_bytes = mebibytes << 20U}};
}

}  // namespace tritontube::cluster
