#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "domain/replication/node_client.h"

// What is said to a content node, as bytes of gRPC messages.
namespace tritontube::storage_client {

// The bytes of the blobs are shared, not copied.
blob::Bytes PutRequest(const replication::Target& target, const std::vector<blob::Blob>& batch);
blob::Bytes GetRequest(const replication::Target& target, const blob::BlobKey& key,
                       const std::optional<blob::ByteRange>& range);
blob::Bytes StatRequest(const replication::Target& target, const blob::BlobKey& key);
blob::Bytes RemoveUploadRequest(const replication::Target& target, const VideoId& video,
                                const UploadId& upload);
blob::Bytes ScanRequest(const replication::Target& target, const blob::ScanRequest& request);
blob::Bytes ScanSlotsRequest(const replication::Target& target,
                             const replication::SlotScanRequest& request);
blob::Bytes DigestsRequest(const replication::Target& target, std::chrono::milliseconds age_max);
blob::Bytes ConfirmRequest(const replication::Target& target,
                           const replication::ConfirmationRequest& request);
blob::Bytes UpkeepRequest(const replication::Target& target);
blob::Bytes JoinRequest(const replication::Target& target, const std::vector<std::string>& etcd);

}  // namespace tritontube::storage_client
