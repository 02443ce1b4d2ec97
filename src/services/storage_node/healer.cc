#include "services/storage_node/healer.h"

#include "foundation/telemetry/log.h"
#include "services/storage_node/slot_walk.h"

namespace tritontube::storage_node {

using telemetry::Level;
using telemetry::Log;

namespace {
constexpr std::size_t kItemsAtOnce = 200;
constexpr int kReadsMax = 5;

bool IsOf(const blob::Bytes& bytes, const blob::BlobStat& stat) {
  return bytes.size() == stat.size && blob::DigestOf(bytes) == stat.digest;
}

}  // namespace

// Putting the same bytes again writes them anew.
async::Task<Result<void>> Healer::Heal(blob::ScanItem item) {
  const auto topology = node_.OwnTopology();
  const auto self = topology ? topology::IndexOf(*topology, node_.state()->node) : std::nullopt;
  if (!self) co_return Fail(ErrorCode::kUnavailable, "the topology is not known now");
  // It goes from here, and would come back for ever if that happened while a copy is on its way.
  if (!topology::IsKeeper(*topology, placement::SlotOf(item.key), *self)) {
    co_return Fail(ErrorCode::kFailedPrecondition, "it has moved to other nodes");
  }
  TT_CO_ASSIGN_OR_RETURN(blob::Bytes bytes,
                         co_await fetcher_.ReadElsewhere(
                             {.topology = topology, .self = *self, .source = *self}, item));
  std::vector<blob::Blob> batch;
  batch.push_back({.key = item.key, .bytes = std::move(bytes)});
  TT_CO_RETURN_IF_ERROR(co_await node_.StoreOwn(topology->epoch, std::move(batch), Soon()));
  node_.EditUpkeep([](replication::Upkeep& upkeep) { ++upkeep.healed; });
  Log(Level::kInfo, "a damaged blob was healed from another copy",
      {{"blob", blob::ToText(item.key)}});
  co_return Result<void>();
}

async::Task<Result<std::optional<Error>>> Healer::Check(blob::ScanItem item) {
  const Result<blob::Bytes> bytes = co_await node_.store().GetWhole(item.key, Soon());
  if (bytes) {
    if (failing_ == item.key) failing_.reset();
    if (IsOf(*bytes, item.stat)) co_return std::nullopt;
    // The list may be older than the blob.
    const Result<blob::BlobStat> stat = co_await node_.store().Stat(item.key, Soon());
    if (!stat && stat.error().code() == ErrorCode::kNotFound) co_return std::nullopt;
    if (!stat) co_return std::unexpected(stat.error());
    if (IsOf(*bytes, *stat)) co_return std::nullopt;
    item.stat = *stat;
    node_.store().MarkDamaged(item.key, "it is not what it was stored as");
    co_return co_await HealDamaged(std::move(item));
  }
  switch (bytes.error().code()) {
    case ErrorCode::kNotFound:  // An upload may be given up meanwhile.
      co_return std::nullopt;
    case ErrorCode::kCorrupt:
      co_return co_await HealDamaged(std::move(item));
    case ErrorCode::kUnavailable:
      if (!CountFailedRead(item.key)) break;
      node_.store().MarkDamaged(item.key, bytes.error().message());
      co_return co_await HealDamaged(std::move(item));
    default:
      break;
  }
  co_return std::unexpected(bytes.error());
}

bool Healer::CountFailedRead(const blob::BlobKey& key) {
  if (failing_ != key) {
    failing_ = key;
    failed_reads_ = 0;
  }
  return ++failed_reads_ >= kReadsMax;
}

async::Task<std::optional<Error>> Healer::HealDamaged(blob::ScanItem item) {
  Result<void> healed = co_await Heal(std::move(item));
  if (healed) co_return std::nullopt;
  co_return std::move(healed).error();
}

async::Task<Result<void>> Healer::ReadAll(std::shared_ptr<const topology::Topology> topology,
                                          Walk& walk) {
  while (walk.slots.any() && walk.more) {
    TT_CO_ASSIGN_OR_RETURN(
        const replication::SlotScanPage page,
        co_await ScanSlots(node_.store(),
                           {.slots = walk.slots, .after = walk.after, .limit = kItemsAtOnce},
                           Soon()));
    for (const blob::ScanItem& item : page.items) {
      TT_CO_RETURN_IF_ERROR(co_await Settle(item));
      walk.after = item.key;
      const bool cancelled = co_await async::IsCancelled();
      if (cancelled) co_return Fail(ErrorCode::kCancelled, "the work was stopped");
      if (node_.OwnTopology() != topology) {
        co_return Fail(ErrorCode::kAborted, "the topology has changed");
      }
    }
    walk.after = page.last;
    walk.more = page.more;
  }
  co_return Result<void>();
}

async::Task<Result<void>> Healer::Settle(const blob::ScanItem& item) {
  TT_CO_ASSIGN_OR_RETURN(std::optional<Error> damage, co_await Check(item));
  if (!damage) co_return Result<void>();
  const std::string blob = blob::ToText(item.key);
  if (damage->code() != ErrorCode::kCorrupt) {
    co_return std::unexpected((*std::move(damage)).Within(fmt::format("healing {}", blob)));
  }
  Log(Level::kWarning, "a blob is damaged here, and nobody else has it: it is left as it is",
      {{"blob", blob}});
  co_return Result<void>();
}

}  // namespace tritontube::storage_node
