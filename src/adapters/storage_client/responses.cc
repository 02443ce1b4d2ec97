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

std::optional<WallTime> TimeOf(std::int64_t milliseconds) {
  if (milliseconds <= 0) return std::nullopt;
  return WallTime(std::chrono::milliseconds(milliseconds));
}

replication::Upkeep UpkeepOf(const v1::Upkeep& message) {
  return {.asked = message.asked(),
          .scrubbed_for = message.scrubbed_for(),
          .compared_for = message.compared_for(),
          .scrub_began = TimeOf(message.scrub_began_ms()),
          .scrub_bytes = message.scrub_bytes(),
          .scrub_bytes_all = message.scrub_bytes_all(),
          .scrub_ended = TimeOf(message.scrub_ended_ms()),
          .damaged = message.damaged(),
          .healed = message.healed(),
          .compared = TimeOf(message.compared_ms()),
          .differing_slots = message.differing_slots(),
          .lacking_slots = message.lacking_slots(),
          .caught_up = {.files = message.caught_up_files(), .bytes = message.caught_up_bytes()}};
}

// Where a page of a list begins, and how much of it may come.
struct PageBounds {
  std::optional<blob::BlobKey> after;
  std::size_t limit = 0;
};

// The items, in order and each wanted. `last` is given where nothing was found and there is more.
template <typename IsWanted>
Result<replication::SlotScanPage> ReadPage(const v1::ScanResponse& message,
                                           const PageBounds& bounds, IsWanted is_wanted) {
  replication::SlotScanPage page{.items = {}, .more = message.more()};
  std::optional<blob::BlobKey> before = bounds.after;
  if (static_cast<std::size_t>(message.items_size()) > bounds.limit) {
    return Nonsense("more items than were asked for");
  }
  for (const v1::StoredBlob& item : message.items()) {
    const auto key = KeyOf(item.key());
    if (!key || !is_wanted(*key)) return Nonsense("an item that was not asked for");
    if (before && *key <= *before) return Nonsense("items out of order");
    before = key;
    page.items.push_back({.key = *key, .stat = StatOf(item.stat())});
  }
  if (message.more() && page.items.empty()) {
    page.last = KeyOf(message.last());
    // Or the next page would be this one.
    if (!page.last || (before && *page.last <= *before)) return Nonsense("an endless scan");
  }
  return page;
}

std::optional<replication::PullProgress> ProgressOf(const v1::StatusResponse& message) {
  if (!message.has_pulling()) return std::nullopt;
  const v1::PullProgress& progress = message.pulling();
  return replication::PullProgress{.plan = progress.plan(),
                                   .slots = progress.slots(),
                                   .slots_done = progress.slots_done(),
                                   .moved = {.files = progress.files(), .bytes = progress.bytes()}};
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
  const auto is_wanted = [&](const blob::BlobKey& key) {
    return !request.upload || std::pair(key.video, key.upload) == *request.upload;
  };
  TT_ASSIGN_OR_RETURN(
      replication::SlotScanPage page,
      ReadPage(message, {.after = request.after, .limit = request.limit}, is_wanted));
  return ScanAnswer{.page = {.items = std::move(page.items), .more = page.more},
                    .last = std::move(page.last)};
}

Result<replication::SlotScanPage> ParseScanSlots(const blob::Bytes& response,
                                                 const replication::SlotScanRequest& request) {
  TT_ASSIGN_OR_RETURN(const auto message, Parse<v1::ScanResponse>(response));
  const auto is_wanted = [&](const blob::BlobKey& key) {
    return request.slots.test(placement::SlotOf(key));
  };
  TT_ASSIGN_OR_RETURN(
      replication::SlotScanPage page,
      ReadPage(message, {.after = request.after, .limit = request.limit}, is_wanted));
  if (page.items.empty()) return page;
  // It may have looked farther than the last that it found.
  page.last = page.items.back().key;
  const auto looked = KeyOf(message.last());
  if (looked && *looked > *page.last) page.last = looked;
  return page;
}

Result<std::vector<replication::SlotDigest>> ParseDigests(const blob::Bytes& response) {
  TT_ASSIGN_OR_RETURN(const auto message, Parse<v1::DigestsResponse>(response));
  if (static_cast<std::size_t>(message.digests_size()) != placement::kSlotCount) {
    return Nonsense(fmt::format("digests of {} slots", message.digests_size()));
  }
  std::vector<replication::SlotDigest> digests;
  digests.reserve(placement::kSlotCount);
  for (const v1::SlotDigest& digest : message.digests()) {
    if (digest.slot() != digests.size()) return Nonsense("digests out of order");
    digests.push_back({.slot = static_cast<placement::Slot>(digest.slot()),
                       .blobs = digest.blobs(),
                       .sum = {.high = digest.sum().high(), .low = digest.sum().low()}});
  }
  return digests;
}

Result<std::vector<bool>> ParseConfirm(const blob::Bytes& response, std::size_t count) {
  TT_ASSIGN_OR_RETURN(const auto message, Parse<v1::ConfirmResponse>(response));
  if (static_cast<std::size_t>(message.confirmed_size()) != count) {
    return Nonsense(fmt::format("{} answers about {} blobs", message.confirmed_size(), count));
  }
  return std::vector<bool>(message.confirmed().begin(), message.confirmed().end());
}

Result<std::uint64_t> ParseUpkeep(const blob::Bytes& response) {
  TT_ASSIGN_OR_RETURN(const auto message, Parse<v1::UpkeepResponse>(response));
  return message.asked();
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
                                           .read_only = message.read_only()},
                                 .pulling = ProgressOf(message),
                                 .upkeep = UpkeepOf(message.upkeep())};
}

}  // namespace tritontube::storage_client
