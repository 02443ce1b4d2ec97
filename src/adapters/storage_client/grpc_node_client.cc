#include "adapters/storage_client/grpc_node_client.h"

#include <utility>

#include "adapters/storage_client/requests.h"
#include "adapters/storage_client/responses.h"

namespace tritontube::storage_client {

using replication::NodeStatus;
using replication::Target;

GrpcNodeClient::GrpcNodeClient(GrpcNodeClientOptions options)
    : channels_({.connections = options.connections_per_node}, options.nodes_max) {}

async::Task<Result<blob::Bytes>> GrpcNodeClient::Call(std::string address, std::string_view method,
                                                      blob::Bytes request, Deadline deadline) {
  const std::shared_ptr<rpc::Channel> channel = channels_.ChannelTo(address);
  co_return co_await channel->Call(fmt::format("/tritontube.v1.Storage/{}", method),
                                   std::move(request), deadline);
}

async::Task<Result<void>> GrpcNodeClient::Put(Target target, std::vector<blob::Blob> batch,
                                              Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Call(target.address, "Put", PutRequest(target, batch), deadline));
  co_return Result<void>{};
}

async::Task<Result<blob::Bytes>> GrpcNodeClient::Get(Target target, blob::BlobKey key,
                                                     std::optional<blob::ByteRange> range,
                                                     Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes response,
      co_await Call(target.address, "Get", GetRequest(target, key, range), deadline));
  co_return ParseGet(response, range);
}

async::Task<Result<blob::BlobStat>> GrpcNodeClient::Stat(Target target, blob::BlobKey key,
                                                         Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes response,
                         co_await Call(target.address, "Stat", StatRequest(target, key), deadline));
  co_return ParseStat(response);
}

async::Task<Result<void>> GrpcNodeClient::RemoveUpload(Target target, VideoId video,
                                                       UploadId upload, Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Call(target.address, "RemoveUpload",
                                      RemoveUploadRequest(target, video, upload), deadline));
  co_return Result<void>{};
}

// A node looks at a bounded part of its store in each call, and may find nothing there.
async::Task<Result<blob::ScanPage>> GrpcNodeClient::Scan(Target target, blob::ScanRequest request,
                                                         Deadline deadline) {
  for (;;) {
    TT_CO_ASSIGN_OR_RETURN(
        const blob::Bytes response,
        co_await Call(target.address, "Scan", ScanRequest(target, request), deadline));
    TT_CO_ASSIGN_OR_RETURN(ScanAnswer answer, ParseScan(response, request));
    if (!answer.last) co_return std::move(answer.page);
    request.after = std::move(answer.last);
  }
}

async::Task<Result<replication::SlotScanPage>> GrpcNodeClient::ScanSlots(
    Target target, replication::SlotScanRequest request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes response,
      co_await Call(target.address, "Scan", ScanSlotsRequest(target, request), deadline));
  co_return ParseScanSlots(response, request);
}

async::Task<Result<std::vector<replication::SlotDigest>>> GrpcNodeClient::Digests(
    Target target, std::chrono::milliseconds age_max, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes response,
      co_await Call(target.address, "Digests", DigestsRequest(target, age_max), deadline));
  co_return ParseDigests(response);
}

async::Task<Result<std::vector<bool>>> GrpcNodeClient::Confirm(
    Target target, replication::ConfirmationRequest request, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(
      const blob::Bytes response,
      co_await Call(target.address, "Confirm", ConfirmRequest(target, request), deadline));
  co_return ParseConfirm(response, request.items.size());
}

async::Task<Result<NodeStatus>> GrpcNodeClient::Status(std::string address, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes response,
                         co_await Call(std::move(address), "Status", {}, deadline));
  co_return ParseStatus(response);
}

async::Task<Result<std::uint64_t>> GrpcNodeClient::AskForUpkeep(Target target, Deadline deadline) {
  TT_CO_ASSIGN_OR_RETURN(const blob::Bytes response,
                         co_await Call(target.address, "Upkeep", UpkeepRequest(target), deadline));
  co_return ParseUpkeep(response);
}

async::Task<Result<void>> GrpcNodeClient::Join(Target target, std::vector<std::string> etcd,
                                               Deadline deadline) {
  TT_CO_RETURN_IF_ERROR(co_await Call(target.address, "Join", JoinRequest(target, etcd), deadline));
  co_return Result<void>{};
}

}  // namespace tritontube::storage_client
