#pragma once

#include <optional>

#include "core/blob/blob_store.h"
#include "domain/replication/node_client.h"
#include "tritontube/v1/storage.pb.h"

// The values that several messages share. What is read may be anything; what is written is ours.
namespace tritontube::storage_rpc {

// kInvalidArgument for an id or a file name that is none.
Result<replication::Target> ReadTarget(const v1::Target& target);
Result<VideoId> ReadVideo(const std::string& text);
Result<UploadId> ReadUpload(const std::string& text);
Result<blob::BlobKey> ReadKey(const v1::BlobKey& key);
// One bit for each slot; kInvalidArgument for any other number of them.
Result<placement::SlotSet> ReadSlots(const std::string& bits);
blob::BlobStat ReadStat(const v1::BlobStat& stat);

void Write(const blob::BlobKey& key, v1::BlobKey& to);
void Write(const blob::Digest& digest, v1::Digest& to);
void Write(const blob::BlobStat& stat, v1::BlobStat& to);
void Write(const blob::ScanItem& item, v1::StoredBlob& to);

// XXH3-64, by which the other side knows that nothing has changed on the way.
std::uint64_t ChecksumOf(const blob::Bytes& bytes);

}  // namespace tritontube::storage_rpc
