#include "domain/replication/fake_nodes_test.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/assert.h"
#include "foundation/async/sleep.h"

namespace tritontube::replication {

namespace {

ByteCount SizeOf(const std::vector<blob::Blob>& batch) {
  ByteCount size = 0;
  for (const blob::Blob& blob : batch) size += blob.bytes.size();
  return size;
}

}  // namespace

FakeNodes::FakeNodes(std::size_t count) {
  for (std::size_t node = 0; node < count; ++node) {
    nodes_.push_back(std::make_unique<Node>());
    nodes_.back()->address = fmt::format("node-{}:1", node);
  }
}

NodeId FakeNodes::IdOf(std::size_t node) { return *NodeId::Parse(fmt::format("node-{:06}", node)); }

std::vector<topology::Member> FakeNodes::members() const {
  std::vector<topology::Member> members;
  members.reserve(nodes_.size());
  for (std::size_t node = 0; node < nodes_.size(); ++node) {
    members.push_back({.id = IdOf(node), .address = nodes_[node]->address, .weight = 1000});
  }
  return members;
}

bool FakeNodes::Has(std::size_t node, const blob::BlobKey& key) {
  return nodes_[node]->store.Has(key);
}

void FakeNodes::Hang(std::size_t node, topology::Epoch from) {
  const std::lock_guard lock(mutex_);
  nodes_[node]->hangs_from = from;
}

void FakeNodes::Break(std::size_t node, std::optional<Error> error) {
  const std::lock_guard lock(mutex_);
  nodes_[node]->error = std::move(error);
}

void FakeNodes::Delay(std::size_t node, std::chrono::milliseconds delay) {
  const std::lock_guard lock(mutex_);
  nodes_[node]->delay = delay;
}

void FakeNodes::SetEpoch(std::size_t node, topology::Epoch epoch) {
  const std::lock_guard lock(mutex_);
  nodes_[node]->epoch = epoch;
}

void FakeNodes::Corrupt(std::size_t node, const blob::BlobKey& key) {
  const std::lock_guard lock(mutex_);
  nodes_[node]->corrupt.insert(key);
}

void FakeNodes::SetStatus(std::size_t node, blob::StoreStatus status) {
  const std::lock_guard lock(mutex_);
  nodes_[node]->status = status;
}

std::size_t FakeNodes::calls(std::size_t node, Operation operation) const {
  const std::lock_guard lock(mutex_);
  const auto entry = nodes_[node]->calls.find(operation);
  return entry == nodes_[node]->calls.end() ? 0 : entry->second;
}

ByteCount FakeNodes::put_bytes_peak() const {
  const std::lock_guard lock(mutex_);
  return put_bytes_peak_;
}

std::size_t FakeNodes::gets_peak() const {
  const std::lock_guard lock(mutex_);
  return gets_peak_;
}

std::vector<topology::Epoch> FakeNodes::epochs_of_puts() const {
  const std::lock_guard lock(mutex_);
  return epochs_of_puts_;
}

FakeNodes::Node& FakeNodes::At(const std::string& address) {
  const auto node = std::ranges::find(nodes_, address, [](const auto& at) { return at->address; });
  TT_ASSERT(node != nodes_.end(), "no node at {}", address);
  return **node;
}

async::Task<Result<void>> FakeNodes::Begin(Node& node, Operation operation,
                                           std::optional<topology::Epoch> epoch,
                                           Deadline deadline) {
  bool hangs = false;
  std::optional<Error> error;
  std::chrono::milliseconds delay{0};
  {
    const std::lock_guard lock(mutex_);
    ++node.calls[operation];
    hangs = node.hangs_from && epoch.value_or(*node.hangs_from) >= *node.hangs_from;
    error = node.error;
    delay = node.delay;
    if (!error && epoch && *epoch < node.epoch) {
      error = Error(ErrorCode::kAborted, "the node is at another epoch");
    }
  }
  happened_.Notify();
  if (hangs) co_await async::SleepUntil(deadline);
  if (delay.count() > 0) {
    co_await async::SleepUntil(deadline.EarlierOf(Deadline::After(delay)));
  }
  const bool cancelled = co_await async::IsCancelled();
  if (cancelled) co_return Fail(ErrorCode::kCancelled, "the call was cancelled");
  if (deadline.HasPassed()) co_return Fail(ErrorCode::kDeadlineExceeded, "no answer in time");
  if (error) co_return std::unexpected(*std::move(error));
  co_return Result<void>{};
}

bool FakeNodes::IsCorrupt(Node& node, const blob::BlobKey& key) {
  const std::lock_guard lock(mutex_);
  return node.corrupt.contains(key);
}

Result<void> FakeNodes::CheckMiss(Node& node, const blob::BlobKey& key, topology::Epoch epoch) {
  const std::lock_guard lock(mutex_);
  if (epoch >= node.epoch || node.store.Has(key)) return {};
  return Fail(ErrorCode::kAborted, "the node is at another epoch");
}

async::Task<Result<void>> FakeNodes::Put(Target target, std::vector<blob::Blob> batch,
                                         Deadline deadline) {
  Node& node = At(target.address);
  const ByteCount bytes = SizeOf(batch);
  {
    const std::lock_guard lock(mutex_);
    node.put_bytes += bytes;
    put_bytes_peak_ = std::max(put_bytes_peak_, node.put_bytes);
    epochs_of_puts_.push_back(target.epoch);
  }
  Result<void> answer = co_await Begin(node, Operation::kPut, target.epoch, deadline);
  if (answer) answer = co_await node.store.Put(batch, deadline);
  {
    const std::lock_guard lock(mutex_);
    node.put_bytes -= bytes;
    for (const blob::Blob& blob : batch) {
      if (answer) node.corrupt.erase(blob.key);
    }
  }
  happened_.Notify();
  co_return answer;
}

async::Task<Result<blob::Bytes>> FakeNodes::Get(Target target, blob::BlobKey key,
                                                std::optional<blob::ByteRange> range,
                                                Deadline deadline) {
  Node& node = At(target.address);
  {
    const std::lock_guard lock(mutex_);
    gets_peak_ = std::max(gets_peak_, ++gets_);
  }
  const Result<void> begun = co_await Begin(node, Operation::kGet, std::nullopt, deadline);
  {
    const std::lock_guard lock(mutex_);
    --gets_;
  }
  TT_CO_RETURN_IF_ERROR(begun);
  if (IsCorrupt(node, key)) co_return Fail(ErrorCode::kCorrupt, "a wrong checksum");
  TT_CO_RETURN_IF_ERROR(CheckMiss(node, key, target.epoch));
  if (range) co_return co_await node.store.Get(std::move(key), *range, deadline);
  co_return co_await node.store.GetWhole(std::move(key), deadline);
}

async::Task<Result<blob::BlobStat>> FakeNodes::Stat(Target target, blob::BlobKey key,
                                                    Deadline deadline) {
  Node& node = At(target.address);
  TT_CO_RETURN_IF_ERROR(co_await Begin(node, Operation::kStat, std::nullopt, deadline));
  TT_CO_RETURN_IF_ERROR(CheckMiss(node, key, target.epoch));
  co_return co_await node.store.Stat(std::move(key), deadline);
}

async::Task<Result<void>> FakeNodes::RemoveUpload(Target target, VideoId video, UploadId upload,
                                                  Deadline deadline) {
  Node& node = At(target.address);
  TT_CO_RETURN_IF_ERROR(co_await Begin(node, Operation::kRemoveUpload, target.epoch, deadline));
  co_return co_await node.store.RemoveUpload(std::move(video), std::move(upload), deadline);
}

async::Task<Result<blob::ScanPage>> FakeNodes::Scan(Target target, blob::ScanRequest request,
                                                    Deadline deadline) {
  Node& node = At(target.address);
  TT_CO_RETURN_IF_ERROR(co_await Begin(node, Operation::kScan, target.epoch, deadline));
  co_return co_await node.store.Scan(std::move(request), deadline);
}

// What only nodes ask of each other, and a cluster store never does.
async::Task<Result<SlotScanPage>> FakeNodes::ScanSlots(Target /*target*/,
                                                       SlotScanRequest /*request*/,
                                                       Deadline /*deadline*/) {
  co_return Fail(ErrorCode::kUnimplemented, "only nodes ask for slots");
}

async::Task<Result<std::vector<SlotDigest>>> FakeNodes::Digests(
    Target /*target*/, std::chrono::milliseconds /*age_max*/, Deadline /*deadline*/) {
  co_return Fail(ErrorCode::kUnimplemented, "only nodes compare what they have");
}

async::Task<Result<std::vector<bool>>> FakeNodes::Confirm(
    Target /*target*/, replication::ConfirmationRequest /*request*/, Deadline /*deadline*/) {
  co_return Fail(ErrorCode::kUnimplemented, "only nodes ask for confirmation");
}

async::Task<Result<std::uint64_t>> FakeNodes::AskForUpkeep(Target /*target*/,
                                                           Deadline /*deadline*/) {
  co_return Fail(ErrorCode::kUnimplemented, "only operators ask for upkeep");
}

async::Task<Result<NodeStatus>> FakeNodes::Status(std::string address, Deadline deadline) {
  Node& node = At(address);
  TT_CO_RETURN_IF_ERROR(co_await Begin(node, Operation::kStatus, std::nullopt, deadline));
  TT_CO_ASSIGN_OR_RETURN(blob::StoreStatus status, co_await node.store.Status(deadline));
  const std::lock_guard lock(mutex_);
  if (node.status) status = *node.status;
  const auto index =
      std::ranges::find_if(nodes_, [&](const auto& at) { return at.get() == &node; });
  co_return NodeStatus{.cluster = ClusterId::Parse("cluster-000"),
                       .node = IdOf(static_cast<std::size_t>(index - nodes_.begin())),
                       .store = status};
}

async::Task<Result<void>> FakeNodes::Join(Target target, std::vector<std::string> /*etcd*/,
                                          Deadline deadline) {
  co_return co_await Begin(At(target.address), Operation::kJoin, std::nullopt, deadline);
}

}  // namespace tritontube::replication
