#include "endpoints/storage_rpc/requests.h"

#include <algorithm>
#include <utility>

#include "base/printable.h"
#include "endpoints/storage_rpc/wire_values.h"
#include "foundation/config/values.h"
#include "transport/rpc/payload_message.h"

namespace tritontube::storage_rpc {

namespace {

constexpr std::size_t kItemsPerPageDefault = 1000;
constexpr std::chrono::milliseconds kAgeMax = std::chrono::hours(24);

Result<void> CheckCount(std::string_view what, int count, int max) {
  if (count <= max) return {};
  return Fail(ErrorCode::kInvalidArgument, "{} {} are more than the {} that a call may have", count,
              what, max);
}

// Cuts the payload into the blobs that the message says are in it.
Result<std::vector<storage_node::IncomingBlob>> CutPayload(const v1::PutRequest& message,
                                                           const blob::Bytes& payload) {
  std::vector<storage_node::IncomingBlob> batch;
  batch.reserve(static_cast<std::size_t>(message.blobs_size()));
  ByteCount offset = 0;
  for (const v1::StoredBlob& blob : message.blobs()) {
    TT_ASSIGN_OR_RETURN(blob::BlobKey key, ReadKey(blob.key()));
    const blob::BlobStat stat = ReadStat(blob.stat());
    if (stat.size > payload.size() - offset) {
      return Fail(ErrorCode::kInvalidArgument, "{} bytes came of blobs that are larger",
                  payload.size());
    }
    batch.push_back(
        {.key = std::move(key), .stat = stat, .bytes = payload.Slice(offset, stat.size)});
    offset += stat.size;
  }
  if (offset != payload.size()) {
    return Fail(ErrorCode::kInvalidArgument, "{} bytes came of blobs of {}", payload.size(),
                offset);
  }
  return batch;
}

Result<std::optional<blob::BlobKey>> ReadAfter(bool is_there, const v1::BlobKey& after) {
  if (!is_there) return std::nullopt;
  TT_ASSIGN_OR_RETURN(blob::BlobKey key, ReadKey(after));
  return key;
}

Result<std::optional<std::pair<VideoId, UploadId>>> ReadUploadName(const v1::ScanRequest& message) {
  if (message.video().empty() && message.upload().empty()) return std::nullopt;
  TT_ASSIGN_OR_RETURN(VideoId video, ReadVideo(message.video()));
  TT_ASSIGN_OR_RETURN(UploadId upload, ReadUpload(message.upload()));
  return std::pair(std::move(video), std::move(upload));
}

}  // namespace

Result<JoinCall> ParseJoin(const blob::Bytes& request) {
  TT_ASSIGN_OR_RETURN(const auto message, rpc::ParseMessage<v1::JoinRequest>(request));
  TT_ASSIGN_OR_RETURN(replication::Target target, ReadTarget(message.target()));
  TT_RETURN_IF_ERROR(CheckCount("endpoints", message.etcd_size(), kEndpointsMax));
  for (const std::string& endpoint : message.etcd()) {
    if (config::ParseSocketAddress(endpoint)) continue;
    return Fail(ErrorCode::kInvalidArgument, "\"{}\" is no address of etcd", Printable(endpoint));
  }
  return JoinCall{.target = std::move(target),
                  .etcd = {message.etcd().begin(), message.etcd().end()}};
}

Result<PutCall> ParsePut(const blob::Bytes& request) {
  TT_ASSIGN_OR_RETURN(const auto parts, rpc::ParseWithPayload<v1::PutRequest>(request));
  const auto& [message, payload] = parts;
  TT_ASSIGN_OR_RETURN(replication::Target target, ReadTarget(message.target()));
  TT_RETURN_IF_ERROR(CheckCount("blobs", message.blobs_size(), kBlobsPerPutMax));
  TT_ASSIGN_OR_RETURN(auto batch, CutPayload(message, payload));
  return PutCall{.target = std::move(target), .batch = std::move(batch)};
}

Result<GetCall> ParseGet(const blob::Bytes& request) {
  TT_ASSIGN_OR_RETURN(const auto message, rpc::ParseMessage<v1::GetRequest>(request));
  TT_ASSIGN_OR_RETURN(replication::Target target, ReadTarget(message.target()));
  TT_ASSIGN_OR_RETURN(blob::BlobKey key, ReadKey(message.key()));
  std::optional<blob::ByteRange> range;
  if (message.has_range()) {
    range = {.offset = message.range().offset(), .length = message.range().length()};
  }
  return GetCall{.target = std::move(target), .key = std::move(key), .range = range};
}

Result<StatCall> ParseStat(const blob::Bytes& request) {
  TT_ASSIGN_OR_RETURN(const auto message, rpc::ParseMessage<v1::StatRequest>(request));
  TT_ASSIGN_OR_RETURN(replication::Target target, ReadTarget(message.target()));
  TT_ASSIGN_OR_RETURN(blob::BlobKey key, ReadKey(message.key()));
  return StatCall{.target = std::move(target), .key = std::move(key)};
}

Result<RemoveUploadCall> ParseRemoveUpload(const blob::Bytes& request) {
  TT_ASSIGN_OR_RETURN(const auto message, rpc::ParseMessage<v1::RemoveUploadRequest>(request));
  TT_ASSIGN_OR_RETURN(replication::Target target, ReadTarget(message.target()));
  TT_ASSIGN_OR_RETURN(VideoId video, ReadVideo(message.video()));
  TT_ASSIGN_OR_RETURN(UploadId upload, ReadUpload(message.upload()));
  return RemoveUploadCall{
      .target = std::move(target), .video = std::move(video), .upload = std::move(upload)};
}

Result<ScanCall> ParseScan(const blob::Bytes& request) {
  TT_ASSIGN_OR_RETURN(const auto message, rpc::ParseMessage<v1::ScanRequest>(request));
  TT_ASSIGN_OR_RETURN(replication::Target target, ReadTarget(message.target()));
  ScanCall call{.target = std::move(target), .request = {}, .slots = {}};
  TT_ASSIGN_OR_RETURN(call.request.after, ReadAfter(message.has_after(), message.after()));
  TT_ASSIGN_OR_RETURN(call.request.upload, ReadUploadName(message));
  const std::size_t limit = message.limit() == 0 ? kItemsPerPageDefault : message.limit();
  call.request.limit = std::min(limit, kItemsPerPageMax);
  call.request.one_of_each_upload = message.one_of_each_upload();
  if (message.slots().empty()) return call;
  if (call.request.upload) {
    return Fail(ErrorCode::kInvalidArgument, "a scan is of slots or of an upload, not of both");
  }
  TT_ASSIGN_OR_RETURN(call.slots, ReadSlots(message.slots()));
  return call;
}

Result<DigestsCall> ParseDigests(const blob::Bytes& request) {
  TT_ASSIGN_OR_RETURN(const auto message, rpc::ParseMessage<v1::DigestsRequest>(request));
  TT_ASSIGN_OR_RETURN(replication::Target target, ReadTarget(message.target()));
  const auto age_max =
      std::min(message.age_max_milliseconds(), static_cast<std::uint64_t>(kAgeMax.count()));
  return DigestsCall{.target = std::move(target), .age_max = std::chrono::milliseconds(age_max)};
}

Result<ConfirmCall> ParseConfirm(const blob::Bytes& request) {
  TT_ASSIGN_OR_RETURN(const auto message, rpc::ParseMessage<v1::ConfirmRequest>(request));
  TT_ASSIGN_OR_RETURN(replication::Target target, ReadTarget(message.target()));
  TT_RETURN_IF_ERROR(CheckCount("blobs", message.blobs_size(), kConfirmationsMax));
  ConfirmCall call{.target = std::move(target), .request = {.items = {}, .read = message.read()}};
  for (const v1::StoredBlob& blob : message.blobs()) {
    TT_ASSIGN_OR_RETURN(blob::BlobKey key, ReadKey(blob.key()));
    call.request.items.push_back({.key = std::move(key), .stat = ReadStat(blob.stat())});
  }
  return call;
}

Result<replication::Target> ParseUpkeep(const blob::Bytes& request) {
  TT_ASSIGN_OR_RETURN(const auto message, rpc::ParseMessage<v1::UpkeepRequest>(request));
  return ReadTarget(message.target());
}

}  // namespace tritontube::storage_rpc
