#include "adapters/storage_client/requests.h"

#include <algorithm>
#include <limits>

#include "transport/rpc/payload_message.h"
#include "tritontube/v1/storage.pb.h"

namespace tritontube::storage_client {

namespace {

void Write(const replication::Target& target, v1::Target& message) {
  message.set_cluster(target.cluster.text());
  message.set_node(target.node.text());
  message.set_epoch(target.epoch);
}

void Write(const blob::BlobKey& key, v1::BlobKey& message) {
  message.set_video(key.video.text());
  message.set_upload(key.upload.text());
  message.set_file(key.file);
}

void Write(const blob::BlobStat& stat, v1::BlobStat& message) {
  message.set_size(stat.size);
  message.mutable_digest()->set_high(stat.digest.high);
  message.mutable_digest()->set_low(stat.digest.low);
}

std::uint32_t LimitOf(std::size_t limit) {
  return static_cast<std::uint32_t>(
      std::min<std::size_t>(limit, std::numeric_limits<std::uint32_t>::max()));
}

// Slot 0 is the lowest bit of the first byte.
std::string BitsOf(const placement::SlotSet& slots) {
  std::string bits(placement::kSlotCount / 8, '\0');
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    if (!slots.test(slot)) continue;
    bits[slot / 8] = static_cast<char>(static_cast<unsigned char>(bits[slot / 8]) | 1U << slot % 8);
  }
  return bits;
}

}  // namespace

blob::Bytes PutRequest(const replication::Target& target, const std::vector<blob::Blob>& batch) {
  v1::PutRequest message;
  Write(target, *message.mutable_target());
  blob::Bytes payload;
  for (const blob::Blob& blob : batch) {
    v1::StoredBlob& stored = *message.add_blobs();
    Write(blob.key, *stored.mutable_key());
    Write({.size = blob.bytes.size(), .digest = blob::DigestOf(blob.bytes)},
          *stored.mutable_stat());
    payload.Append(blob.bytes);
  }
  return rpc::WithPayload(message, std::move(payload));
}

blob::Bytes GetRequest(const replication::Target& target, const blob::BlobKey& key,
                       const std::optional<blob::ByteRange>& range) {
  v1::GetRequest message;
  Write(target, *message.mutable_target());
  Write(key, *message.mutable_key());
  if (range) {
    message.mutable_range()->set_offset(range->offset);
    message.mutable_range()->set_length(range->length);
  }
  return rpc::ToBytes(message);
}

blob::Bytes StatRequest(const replication::Target& target, const blob::BlobKey& key) {
  v1::StatRequest message;
  Write(target, *message.mutable_target());
  Write(key, *message.mutable_key());
  return rpc::ToBytes(message);
}

blob::Bytes RemoveUploadRequest(const replication::Target& target, const VideoId& video,
                                const UploadId& upload) {
  v1::RemoveUploadRequest message;
  Write(target, *message.mutable_target());
  message.set_video(video.text());
  message.set_upload(upload.text());
  return rpc::ToBytes(message);
}

blob::Bytes ScanRequest(const replication::Target& target, const blob::ScanRequest& request) {
  v1::ScanRequest message;
  Write(target, *message.mutable_target());
  if (request.after) Write(*request.after, *message.mutable_after());
  if (request.upload) {
    message.set_video(request.upload->first.text());
    message.set_upload(request.upload->second.text());
  }
  message.set_limit(LimitOf(request.limit));
  message.set_one_of_each_upload(request.one_of_each_upload);
  return rpc::ToBytes(message);
}

blob::Bytes ScanSlotsRequest(const replication::Target& target,
                             const replication::SlotScanRequest& request) {
  v1::ScanRequest message;
  Write(target, *message.mutable_target());
  if (request.after) Write(*request.after, *message.mutable_after());
  message.set_limit(LimitOf(request.limit));
  message.set_slots(BitsOf(request.slots));
  return rpc::ToBytes(message);
}

blob::Bytes DigestsRequest(const replication::Target& target, std::chrono::milliseconds age_max) {
  v1::DigestsRequest message;
  Write(target, *message.mutable_target());
  message.set_age_max_milliseconds(static_cast<std::uint64_t>(age_max.count()));
  return rpc::ToBytes(message);
}

blob::Bytes ConfirmRequest(const replication::Target& target,
                           const replication::ConfirmationRequest& request) {
  v1::ConfirmRequest message;
  Write(target, *message.mutable_target());
  message.set_read(request.read);
  for (const blob::ScanItem& item : request.items) {
    v1::StoredBlob& blob = *message.add_blobs();
    Write(item.key, *blob.mutable_key());
    Write(item.stat, *blob.mutable_stat());
  }
  return rpc::ToBytes(message);
}

blob::Bytes UpkeepRequest(const replication::Target& target) {
  v1::UpkeepRequest message;
  Write(target, *message.mutable_target());
  return rpc::ToBytes(message);
}

blob::Bytes JoinRequest(const replication::Target& target, const std::vector<std::string>& etcd) {
  v1::JoinRequest message;
  Write(target, *message.mutable_target());
  for (const std::string& endpoint : etcd) message.add_etcd(endpoint);
  return rpc::ToBytes(message);
}

}  // namespace tritontube::storage_client
