#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "core/blob/blob_store.h"
#include "domain/replication/node_client.h"
#include "services/storage_node/storage_node.h"

// The requests as they may be acted on. Each Parse believes nothing: kInvalidArgument for bytes
// that are no such message, an id, name or slot that is none, more items than are allowed, or
// sizes that do not add up to what came.
namespace tritontube::storage_rpc {

inline constexpr int kBlobsPerPutMax = 4096;
inline constexpr int kEndpointsMax = 16;
inline constexpr int kConfirmationsMax = 1000;
inline constexpr std::size_t kItemsPerPageMax = 10'000;

struct JoinCall {
  replication::Target target;
  std::vector<std::string> etcd;
};
Result<JoinCall> ParseJoin(const blob::Bytes& request);

struct PutCall {
  replication::Target target;
  std::vector<storage_node::IncomingBlob> batch;
};
Result<PutCall> ParsePut(const blob::Bytes& request);

struct GetCall {
  replication::Target target;
  blob::BlobKey key;
  std::optional<blob::ByteRange> range;
};
Result<GetCall> ParseGet(const blob::Bytes& request);

struct StatCall {
  replication::Target target;
  blob::BlobKey key;
};
Result<StatCall> ParseStat(const blob::Bytes& request);

struct RemoveUploadCall {
  replication::Target target;
  VideoId video;
  UploadId upload;
};
Result<RemoveUploadCall> ParseRemoveUpload(const blob::Bytes& request);

struct ScanCall {
  replication::Target target;
  blob::ScanRequest request;
  std::optional<placement::SlotSet> slots;  // Never together with an upload.
};
Result<ScanCall> ParseScan(const blob::Bytes& request);

struct DigestsCall {
  replication::Target target;
  std::chrono::milliseconds age_max{0};
};
Result<DigestsCall> ParseDigests(const blob::Bytes& request);

struct ConfirmCall {
  replication::Target target;
  replication::ConfirmationRequest request;
};
Result<ConfirmCall> ParseConfirm(const blob::Bytes& request);

Result<replication::Target> ParseUpkeep(const blob::Bytes& request);

}  // namespace tritontube::storage_rpc
