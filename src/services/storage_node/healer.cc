#include "services/storage_node/healer.h"

#include "foundation/telemetry/log.h"
#include "services/storage_node/slot_walk.h"

namespace tritontube::storage_node {

using telemetry::Level;
using telemetry::Log;

namespace {
constexpr std::size_t kItemsAtOnce = 200;
constexpr int kReadsMax = 5;
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

async::Task<Result<void>> Healer::ReadAll(std::shared_ptr<const topology::Topology> topology,
                                          Walk& walk) {
  while (walk.slots.any() && walk.more) {
    TT_CO_ASSIGN_OR_RETURN(
        const replication::SlotScanPage page,
        co_await ScanSlots(node_.store(),
                           {.slots = walk.slots, .after = walk.after, .limit = kItemsAtOnce},
                           Soon()));
    for (const blob::ScanItem& item : page.items) {
      TT_CO_RETURN_IF_ERROR(co_await Read(item, walk.failed_reads));
      walk.failed_reads = 0;
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

async::Task<Result<void>> Healer::Read(const blob::ScanItem& item, int& failed_reads) {
  const Result<blob::Bytes> bytes = co_await node_.store().GetWhole(item.key, Soon());
  const ErrorCode code = bytes ? ErrorCode{} : bytes.error().code();
  // An upload may be given up meanwhile.
  if (bytes || code == ErrorCode::kNotFound) co_return Result<void>();
  if (code != ErrorCode::kCorrupt) {
    if (++failed_reads < kReadsMax) co_return std::unexpected(bytes.error());
    Log(Level::kError, "a blob cannot be read from this disk: going on without it",
        {{"blob", blob::ToText(item.key)}, {"why", bytes.error().message()}});
    co_return Result<void>();
  }
  Result<void> healed = co_await Heal(item);
  if (healed) co_return Result<void>();
  if (healed.error().code() != ErrorCode::kCorrupt) {
    co_return std::unexpected(
        std::move(healed).error().Within(fmt::format("healing {}", blob::ToText(item.key))));
  }
  Log(Level::kWarning, "a blob is damaged here, and nobody else has it: it is left as it is",
      {{"blob", blob::ToText(item.key)}});
  co_return Result<void>();
}

}  // namespace tritontube::storage_node
