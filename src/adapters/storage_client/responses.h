#pragma once

#include <optional>

#include "domain/replication/node_client.h"

// What a content node answers. Nothing of it is believed: an answer that cannot
// be is kUnavailable, like a node that does not answer, so that another replica
// is asked.
namespace tritontube::storage_client {

// The payload, of which the checksum and the length are right.
Result<blob::Bytes> ParseGet(const blob::Bytes& response,
                             const std::optional<blob::ByteRange>& range);
Result<blob::BlobStat> ParseStat(const blob::Bytes& response);

struct ScanAnswer {
  blob::ScanPage page;
  // How far was looked, when there is more and nothing of it was found yet.
  std::optional<blob::BlobKey> last = {};
};
// Items come in order, behind `request.after`, of the upload that was asked for.
Result<ScanAnswer> ParseScan(const blob::Bytes& response, const blob::ScanRequest& request);
// Items come in order, behind `request.after`, of the slots that were asked for.
Result<replication::SlotScanPage> ParseScanSlots(const blob::Bytes& response,
                                                 const replication::SlotScanRequest& request);
// Of every slot, in their order.
Result<std::vector<replication::SlotDigest>> ParseDigests(const blob::Bytes& response);
// One answer for each of `count` blobs.
Result<std::vector<bool>> ParseConfirm(const blob::Bytes& response, std::size_t count);
// The number of the request.
Result<std::uint64_t> ParseUpkeep(const blob::Bytes& response);
Result<replication::NodeStatus> ParseStatus(const blob::Bytes& response);

}  // namespace tritontube::storage_client
