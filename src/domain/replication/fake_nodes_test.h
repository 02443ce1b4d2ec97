#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "domain/replication/node_client.h"
#include "foundation/async/event.h"
#include "support/memory_blob_store.h"

namespace tritontube::replication {

// Content nodes in memory that go wrong on request: a NodeClient for tests.
// Any thread; faults may be set while calls are under way.
class FakeNodes final : public NodeClient {
 public:
  enum class Operation : std::uint8_t { kPut, kGet, kStat, kRemoveUpload, kScan, kStatus, kJoin };

  // Nodes named "node-000000", "node-000001" and so on, at addresses "node-0:1" and so on.
  explicit FakeNodes(std::size_t count);

  std::vector<topology::Member> members() const;
  static NodeId IdOf(std::size_t node);

  support::MemoryBlobStore& store(std::size_t node) { return nodes_[node]->store; }
  // What is stored on a node, whatever its script says.
  bool Has(std::size_t node, const blob::BlobKey& key);

  // Calls of `node` do not answer before their deadline, or only those under older epochs do.
  void Hang(std::size_t node, topology::Epoch from = 0);
  // Every call of `node` is this error, until told otherwise.
  void Break(std::size_t node, std::optional<Error> error);
  void Delay(std::size_t node, std::chrono::milliseconds delay);
  // Puts, removals, scans and misses of a lower epoch are kAborted.
  void SetEpoch(std::size_t node, topology::Epoch epoch);
  // A read of `key` there is kCorrupt, until the same bytes are put again.
  void Corrupt(std::size_t node, const blob::BlobKey& key);
  bool IsCorrupt(std::size_t node, const blob::BlobKey& key) {
    return IsCorrupt(*nodes_[node], key);
  }
  // What `node` answers to Status.
  void SetStatus(std::size_t node, blob::StoreStatus status);

  std::size_t calls(std::size_t node, Operation operation) const;
  // The most payload of puts under way on one node at once, and of reads likewise.
  ByteCount put_bytes_peak() const;
  std::size_t gets_peak() const;
  std::vector<topology::Epoch> epochs_of_puts() const;
  // Notified by each call when it begins and when it ends.
  async::Event& happened() { return happened_; }

  async::Task<Result<void>> Put(Target target, std::vector<blob::Blob> batch,
                                Deadline deadline) override;
  async::Task<Result<blob::Bytes>> Get(Target target, blob::BlobKey key,
                                       std::optional<blob::ByteRange> range,
                                       Deadline deadline) override;
  async::Task<Result<blob::BlobStat>> Stat(Target target, blob::BlobKey key,
                                           Deadline deadline) override;
  async::Task<Result<void>> RemoveUpload(Target target, VideoId video, UploadId upload,
                                         Deadline deadline) override;
  async::Task<Result<blob::ScanPage>> Scan(Target target, blob::ScanRequest request,
                                           Deadline deadline) override;
  async::Task<Result<SlotScanPage>> ScanSlots(Target target, SlotScanRequest request,
                                              Deadline deadline) override;
  async::Task<Result<std::vector<SlotDigest>>> Digests(Target target,
                                                       std::chrono::milliseconds age_max,
                                                       Deadline deadline) override;
  async::Task<Result<std::vector<bool>>> Confirm(Target target,
                                                 replication::ConfirmationRequest request,
                                                 Deadline deadline) override;
  async::Task<Result<NodeStatus>> Status(std::string address, Deadline deadline) override;
  async::Task<Result<std::uint64_t>> AskForUpkeep(Target target, Deadline deadline) override;
  async::Task<Result<void>> Join(Target target, std::vector<std::string> etcd,
                                 Deadline deadline) override;

 private:
  struct Node {
    std::string address;
    support::MemoryBlobStore store = {};
    std::optional<topology::Epoch> hangs_from = {};
    std::optional<Error> error = {};
    std::chrono::milliseconds delay{0};
    topology::Epoch epoch = 0;
    std::set<blob::BlobKey> corrupt = {};
    std::optional<blob::StoreStatus> status = {};
    std::map<Operation, std::size_t> calls = {};
    ByteCount put_bytes = 0;
  };

  Node& At(const std::string& address);
  // What the script of the node says, after the time that it says.
  async::Task<Result<void>> Begin(Node& node, Operation operation,
                                  std::optional<topology::Epoch> epoch, Deadline deadline);
  // A miss says nothing to who asks under a lower epoch.
  Result<void> CheckMiss(Node& node, const blob::BlobKey& key, topology::Epoch epoch);
  bool IsCorrupt(Node& node, const blob::BlobKey& key);

  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Node>> nodes_;
  ByteCount put_bytes_peak_ = 0;
  std::size_t gets_ = 0;
  std::size_t gets_peak_ = 0;
  std::vector<topology::Epoch> epochs_of_puts_;
  async::Event happened_;
};

}  // namespace tritontube::replication
