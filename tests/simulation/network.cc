#include "simulation/network.h"

#include <algorithm>

#include "base/assert.h"

namespace tritontube::simulation {

using replication::NodeStatus;
using replication::Target;
using storage_node::IncomingBlob;
using storage_node::StorageNode;

std::size_t Network::MachineAt(const std::string& address) const {
  const auto found = std::ranges::find_if(
      machines_, [&](const auto& machine) { return machine->member().address == address; });
  TT_ASSERT(found != machines_.end(), "nobody is at {}", address);
  return static_cast<std::size_t>(found - machines_.begin());
}

async::Task<bool> Network::Travel(std::size_t gateway, std::size_t machine, Way way,
                                  Deadline deadline) {
  const bool lost =
      cut_[Index(gateway, machine, way)] || context_.Chance(context_.plan.message_loss);
  const Deadline arrival =
      lost ? Deadline::Never() : Deadline::After(context_.Between({}, context_.plan.delay_max));
  co_await async::SleepUntil(deadline.EarlierOf(arrival));
  for (;;) {
    const auto seen = resumed_.count();
    if (deadline.HasPassed() || co_await async::IsCancelled()) co_return false;
    if (!paused_[machine]) co_return true;
    co_await resumed_.WaitBeyond(seen, deadline);
  }
}

template <typename T>
Result<T> Link::Deny(Result<T> answer) const {
  if (context_.plan.tooth != Tooth::kNotFoundForCorrupt) return answer;
  if (answer || answer.error().code() != ErrorCode::kCorrupt) return answer;
  return Fail(ErrorCode::kNotFound, "what cannot be read is not there");
}

async::Task<Result<void>> Link::Put(Target target, std::vector<blob::Blob> batch,
                                    Deadline deadline) {
  std::vector<IncomingBlob> incoming;
  for (blob::Blob& blob : batch) {
    const blob::BlobStat stat{.size = blob.bytes.size(), .digest = blob::DigestOf(blob.bytes)};
    incoming.push_back({.key = std::move(blob.key), .stat = stat, .bytes = std::move(blob.bytes)});
  }
  return network_.Call<void>(
      gateway_, target.address,
      [=](StorageNode& node) { return node.Put(target, incoming, deadline); }, deadline);
}

async::Task<Result<blob::Bytes>> Link::Get(Target target, blob::BlobKey key,
                                           std::optional<blob::ByteRange> range,
                                           Deadline deadline) {
  co_return Deny(co_await network_.Call<blob::Bytes>(
      gateway_, target.address,
      [=](StorageNode& node) { return node.Get(target, key, range, deadline); }, deadline));
}

async::Task<Result<blob::BlobStat>> Link::Stat(Target target, blob::BlobKey key,
                                               Deadline deadline) {
  co_return Deny(co_await network_.Call<blob::BlobStat>(
      gateway_, target.address, [=](StorageNode& node) { return node.Stat(target, key, deadline); },
      deadline));
}

async::Task<Result<void>> Link::RemoveUpload(Target target, VideoId video, UploadId upload,
                                             Deadline deadline) {
  return network_.Call<void>(
      gateway_, target.address,
      [=](StorageNode& node) { return node.RemoveUpload(target, video, upload, deadline); },
      deadline);
}

async::Task<Result<blob::ScanPage>> Link::Scan(Target target, blob::ScanRequest request,
                                               Deadline deadline) {
  return network_.Call<blob::ScanPage>(
      gateway_, target.address,
      [=](StorageNode& node) { return node.Scan(target, request, deadline); }, deadline);
}

async::Task<Result<NodeStatus>> Link::Status(std::string address, Deadline deadline) {
  return network_.Call<NodeStatus>(
      gateway_, address, [=](StorageNode& node) { return node.Status(deadline); }, deadline);
}

async::Task<Result<void>> Link::Join(Target /*target*/, std::vector<std::string> /*etcd*/,
                                     Deadline /*deadline*/) {
  co_return Fail(ErrorCode::kUnimplemented, "simulated nodes are in their cluster from the start");
}

}  // namespace tritontube::simulation
