#include "adapters/storage_client/responses.h"

#include <xxhash.h>

#include <memory>

#include "base/assert.h"
#include "transport/rpc/payload_message.h"
#include "tritontube/v1/storage.pb.h"

namespace tritontube::storage_client {

namespace {

std::unexpected<Error> Nonsense(std::string_view what) {
  return Fail(ErrorCode::kUnavailable, "the content node's answer cannot be: {}", what);
}

template <typename Message>
Result<Message> Parse(const blob::Bytes& response) {
  Result<Message> message = rpc::ParseMessage<Message>(response);
  if (!message) return Nonsense(message.error().message());
  return message;
}

std::uint64_t Xxh3Of(const blob::Bytes& bytes) {
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(),
                                                                       XXH3_freeState);
  TT_ASSERT(state != nullptr, "out of memory");
  XXH3_64bits_reset(state.get());
  for (const auto span : bytes.spans()) {
    XXH3_64bits_update(state.get(), span.data(), span.size());
  }
  return XXH3_64bits_digest(state.get());
}

std::optional<blob::BlobKey> KeyOf(const v1::BlobKey& message) {
  auto video = VideoId::Parse(message.video());
  auto upload = UploadId::Parse(message.upload());
  if (!video || !upload || !blob::IsWellFormedFileName(message.file())) return std::nullopt;
  return blob::BlobKey{
      .video = *std::move(video), .upload = *std::move(upload), .file = message.file()};
}

blob::BlobStat StatOf(const v1::BlobStat& message) {
  return {.size = message.size(),
          .digest = {.high = message.digest().high(), .low = message.digest().low()}};
}

bool IsWanted(const blob::BlobKey& key, const blob::ScanRequest& request) {
  return !request.upload || std::pair(key.video, key.upload) == *request.upload;
}

}  // namespace

Result<blob::Bytes> ParseGet(const blob::Bytes& response,
                             const std::optional<blob::ByteRange>& range) {
  auto parsed = rpc::ParseWithPayload<v1::GetResponse>(response);
  if (!parsed) return Nonsense(parsed.error().message());
  auto& [message, payload] = *parsed;
  if (range && payload.size() != range->length) {
    return Nonsense(fmt::format("{} bytes for a range of {}", payload.size(), range->length));
  }
  if (Xxh3Of(payload) != message.xxh3()) return Nonsense("its bytes were changed on the way");
  return std::move(payload);
}

Result<blob::BlobStat> ParseStat(const blob::Bytes& response) {
  TT_ASSIGN_OR_RETURN(const auto message, Parse<v1::StatResponse>(response));
  if (!message.has_stat() || !message.stat().has_digest()) return Nonsense("a stat without a stat");
  return StatOf(message.stat());
}

Result<ScanAnswer> ParseScan(const blob::Bytes& response, const blob::ScanRequest& request) {
  TT_ASSIGN_OR_RETURN(const auto message, Parse<v1::ScanResponse>(response));
  ScanAnswer answer{.page = {.items = {}, .more = message.more()}};
  std::optional<blob::BlobKey> before = request.after;
  if (static_cast<std::size_t>(message.items_size()) > request.limit) {
    return Nonsense("more items than were asked for");
  }
  for (const v1::StoredBlob& item : message.items()) {
    const auto key = KeyOf(item.key());
    if (!key || !IsWanted(*key, request)) return Nonsense("an item that was not asked for");
    if (before && *key <= *before) return Nonsense("items out of order");
    before = key;
    answer.page.items.push_back({.key = *key, .stat = StatOf(item.stat())});
  }
  if (message.more() && answer.page.items.empty()) {
    answer.last = KeyOf(message.last());
    // Or the next page would be this one.
    if (!answer.last || (before && *answer.last <= *before)) return Nonsense("an endless scan");
  }
  return answer;
}

Result<replication::NodeStatus> ParseStatus(const blob::Bytes& response) {
  TT_ASSIGN_OR_RETURN(const auto message, Parse<v1::StatusResponse>(response));
  auto node = NodeId::Parse(message.node());
  auto cluster = ClusterId::Parse(message.cluster());
  if (!node) return Nonsense("a node without an id");
  if (!cluster && !message.cluster().empty()) return Nonsense("a cluster without an id");
  return replication::NodeStatus{.cluster = std::move(cluster),
                                 .node = *std::move(node),
                                 .epoch = message.epoch(),
                                 .incomplete = message.incomplete(),
                                 .store = {.stored_bytes = message.stored_bytes(),
                                           .free_bytes = message.free_bytes(),
                                           .capacity_bytes = message.capacity_bytes(),
                                           .corrupt_count = message.corrupt_count(),
                                           .read_only = message.read_only()}};
}

}  // namespace tritontube::storage_client
