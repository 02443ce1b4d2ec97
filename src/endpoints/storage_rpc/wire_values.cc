#include "endpoints/storage_rpc/wire_values.h"

#include <xxhash.h>

#include <memory>

#include "base/printable.h"

namespace tritontube::storage_rpc {

namespace {

template <typename IdType>
Result<IdType> ReadId(std::string_view what, const std::string& text) {
  auto id = IdType::Parse(text);
  if (id) return *std::move(id);
  return Fail(ErrorCode::kInvalidArgument, "\"{}\" is no id of a {}", Printable(text), what);
}

}  // namespace

Result<replication::Target> ReadTarget(const v1::Target& target) {
  TT_ASSIGN_OR_RETURN(ClusterId cluster, ReadId<ClusterId>("cluster", target.cluster()));
  TT_ASSIGN_OR_RETURN(NodeId node, ReadId<NodeId>("node", target.node()));
  return replication::Target{.cluster = std::move(cluster),
                             .node = std::move(node),
                             .address = {},
                             .epoch = target.epoch()};
}

Result<VideoId> ReadVideo(const std::string& text) { return ReadId<VideoId>("video", text); }

Result<UploadId> ReadUpload(const std::string& text) { return ReadId<UploadId>("upload", text); }

Result<blob::BlobKey> ReadKey(const v1::BlobKey& key) {
  TT_ASSIGN_OR_RETURN(VideoId video, ReadVideo(key.video()));
  TT_ASSIGN_OR_RETURN(UploadId upload, ReadUpload(key.upload()));
  if (!blob::IsWellFormedFileName(key.file())) {
    return Fail(ErrorCode::kInvalidArgument, "\"{}\" is no name of a file", Printable(key.file()));
  }
  return blob::BlobKey{.video = std::move(video), .upload = std::move(upload), .file = key.file()};
}

Result<placement::SlotSet> ReadSlots(const std::string& bits) {
  if (bits.size() != placement::kSlotCount / 8) {
    return Fail(ErrorCode::kInvalidArgument, "{} bytes for {} slots", bits.size(),
                placement::kSlotCount);
  }
  placement::SlotSet slots;
  for (std::size_t slot = 0; slot < placement::kSlotCount; ++slot) {
    slots[slot] = (static_cast<unsigned char>(bits[slot / 8]) >> (slot % 8) & 1U) != 0;
  }
  return slots;
}

blob::BlobStat ReadStat(const v1::BlobStat& stat) {
  return {.size = stat.size(),
          .digest = {.high = stat.digest().high(), .low = stat.digest().low()}};
}

void Write(const blob::BlobKey& key, v1::BlobKey& to) {
  to.set_video(key.video.text());
  to.set_upload(key.upload.text());
  to.set_file(key.file);
}

void Write(const blob::Digest& digest, v1::Digest& to) {
  to.set_high(digest.high);
  to.set_low(digest.low);
}

void Write(const blob::BlobStat& stat, v1::BlobStat& to) {
  to.set_size(stat.size);
  Write(stat.digest, *to.mutable_digest());
}

void Write(const blob::ScanItem& item, v1::StoredBlob& to) {
  Write(item.key, *to.mutable_key());
  Write(item.stat, *to.mutable_stat());
}

std::uint64_t ChecksumOf(const blob::Bytes& bytes) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       XXH3_freeState);
  TT_ASSERT(state != nullptr, "out of memory");
  XXH3_64bits_reset(state.get());
  for (const auto span : bytes.spans()) XXH3_64bits_update(state.get(), span.data(), span.size());
  return XXH3_64bits_digest(state.get());
}

}  // namespace tritontube::storage_rpc
